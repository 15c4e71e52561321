use super::*;

fn identity(store: &Store, name: &str, first: u16) -> Result<SwitchIdentity, StoreError> {
    store.switch_identities(vec![name.into()], first).wait().map(|mut known| known.remove(0))
}

#[test]
fn p30_and_p35_an_identity_is_given_once_and_kept_for_ever() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("state.db");
    let open = || Store::open(&file, &HistorySettings::default()).unwrap();
    let store = open();
    let both = store.switch_identities(vec!["plex".into(), "lamp".into()], 49152).wait().unwrap();
    let [plex, lamp] = <[_; 2]>::try_from(both).unwrap();
    assert!(plex.is_new && plex.serial.len() == 14 && plex.serial != lamp.serial);
    assert_eq!((plex.port, lamp.port), (49152, 49153));
    store.close().wait().unwrap();
    drop(store);
    let store = open();
    let again = identity(&store, "plex", 50000).unwrap();
    assert_eq!(again, SwitchIdentity { is_new: false, ..plex });
    let other = identity(&Store::memory().unwrap(), "plex", 49152).unwrap();
    assert_ne!(other.serial, again.serial, "another board's switch of the same name");
}

#[test]
fn a_port_that_is_taken_by_others_is_passed_over() {
    let store = Store::memory().unwrap();
    identity(&store, "a", 49152).unwrap();
    identity(&store, "b", 49152).unwrap();
    assert_eq!(store.move_switch("a", 49153).wait().unwrap(), 49154);
    assert_eq!(identity(&store, "c", 49152).unwrap().port, 49152);
    assert!(identity(&store, "d", 65535).is_ok());
    assert!(identity(&store, "e", 65535).is_err(), "no port is left");
}

#[test]
fn what_a_switch_showed_is_known_after_a_restart() {
    let store = Store::memory().unwrap();
    assert_eq!(store.switch_state("lamp").wait().unwrap(), None);
    store.save_switch_state("lamp", true, 45).wait().unwrap();
    assert_eq!(store.switch_state("lamp").wait().unwrap(), Some((true, 45)));
}
