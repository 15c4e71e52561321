//! Who may ask: the agent's own user, root, and the members of the socket's group.

use std::ffi::CString;

use nix::unistd::{Gid, Uid, User, getgrouplist, getuid};

/// Whether a process of this user and primary group may ask, over a socket of `socket_group`.
///
/// The kernel says only the primary group (`SO_PEERCRED` of unix(7)); the others are looked up,
/// which may ask a directory service: call it where blocking is allowed.
pub fn may_ask(user: Uid, primary_group: Gid, socket_group: Gid) -> bool {
    user == getuid()
        || user.is_root()
        || primary_group == socket_group
        || groups_of(user, primary_group).contains(&socket_group)
}

/// Empty when the user is not known, which then is nobody's member.
fn groups_of(user: Uid, primary_group: Gid) -> Vec<Gid> {
    User::from_uid(user)
        .ok()
        .flatten()
        .and_then(|user| CString::new(user.name).ok())
        .and_then(|name| getgrouplist(&name, primary_group).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGER: Uid = Uid::from_raw(54_321);
    const SOCKET_GROUP: Gid = Gid::from_raw(1_234);

    #[test]
    fn only_the_owner_root_and_the_group_may_ask() {
        let other_group = Gid::from_raw(54_321);
        assert!(may_ask(getuid(), other_group, SOCKET_GROUP));
        assert!(may_ask(Uid::from_raw(0), other_group, SOCKET_GROUP));
        assert!(may_ask(STRANGER, SOCKET_GROUP, SOCKET_GROUP));
        assert!(!may_ask(STRANGER, other_group, SOCKET_GROUP));
    }
}
