//! Findings, each with its snapshot.
