use super::*;
use crate::store::ShortLives;

#[tokio::test]
async fn lives_that_end_early_are_counted_until_one_is_good() {
    let folder = Folder::new();
    let lives = |second: i64| {
        let store = folder.open().unwrap();
        // Dropped without an orderly end, as a killed process does.
        async move { store.begin_life(at(second)).await.unwrap() }
    };
    assert_eq!(lives(0).await, ShortLives { before: 0, since: at(0) });
    assert_eq!(lives(10).await, ShortLives { before: 1, since: at(0) });
    assert_eq!(lives(20).await, ShortLives { before: 2, since: at(0) });

    let store = folder.open().unwrap();
    assert_eq!(store.begin_life(at(30)).await.unwrap().before, 3);
    store.life_is_good().await.unwrap();
    drop(store);
    assert_eq!(lives(40).await, ShortLives { before: 0, since: at(40) });

    let store = folder.open().unwrap();
    assert_eq!(store.begin_life(at(50)).await.unwrap().before, 1);
    store.close().await.unwrap();
    drop(store);
    assert_eq!(lives(60).await, ShortLives { before: 0, since: at(60) });
}
