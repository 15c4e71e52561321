//! What comes first when several things are due in one moment.

use super::*;
use crate::tasks;

#[tokio::test(start_paused = true)]
async fn a_reading_comes_before_the_end_of_a_lasting() {
    let life = Life::of(
        r#"watch("heat", above("closet/temperature", 70.0).lasting("10s"), || print("hot"));"#,
    )
    .await;
    // A task, as samplers are; its last wait begins after the watch's.
    let fired = tasks::spawn(async move {
        let sensors = &life.closet.around.sensors;
        sensors.publish("closet/temperature", Ok(Value::Number(71.0))).unwrap();
        life.wait("1s").await;
        life.wait("9s").await;
        life.reads("closet/temperature", 60.0, "10s").await;
        life.fired()
    });
    assert_eq!(fired.await.unwrap(), [""; 0]);
}
