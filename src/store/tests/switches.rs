use super::*;

#[test]
fn p30_and_p35_an_identity_is_given_once_and_kept_for_ever() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("state.db");
    let open = || Store::open(&file, &HistorySettings::default()).unwrap();
    let store = open();
    let plex = store.switch_identity("plex", 49152).wait().unwrap();
    let lamp = store.switch_identity("lamp", 49152).wait().unwrap();
    assert!(plex.is_new && plex.serial.len() == 14 && plex.serial != lamp.serial);
    assert_eq!((plex.port, lamp.port), (49152, 49153));
    store.close().wait().unwrap();
    drop(store);
    let store = open();
    let again = store.switch_identity("plex", 50000).wait().unwrap();
    assert_eq!(again, SwitchIdentity { is_new: false, ..plex });
    let other = Store::memory().unwrap().switch_identity("plex", 49152).wait().unwrap();
    assert_ne!(other.serial, again.serial, "another board's switch of the same name");
}

#[test]
fn a_port_that_is_taken_by_others_is_passed_over() {
    let store = Store::memory().unwrap();
    store.switch_identity("a", 49152).wait().unwrap();
    store.switch_identity("b", 49152).wait().unwrap();
    assert_eq!(store.move_switch("a", 49153).wait().unwrap(), 49154);
    assert_eq!(store.switch_identity("c", 49152).wait().unwrap().port, 49152);
    assert!(store.switch_identity("d", 65535).wait().is_ok());
    assert!(store.switch_identity("e", 65535).wait().is_err(), "no port is left");
}

#[test]
fn what_a_switch_showed_is_known_after_a_restart() {
    let store = Store::memory().unwrap();
    assert_eq!(store.switch_state("lamp").wait().unwrap(), None);
    store.save_switch_state("lamp", true, 45).wait().unwrap();
    assert_eq!(store.switch_state("lamp").wait().unwrap(), Some((true, 45)));
}
