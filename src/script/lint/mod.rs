//! What can be found wrong without running anything.
