//! `calibrate`: straight lines between points that somebody has measured.

/// The points, by what the sensor shows; at least two.
#[derive(Clone, Debug)]
pub(super) struct Curve(Vec<Point>);

/// What the sensor shows, and what is true then.
type Point = (f64, f64);

impl Curve {
    /// `None` without points: nothing is to be calibrated.
    pub fn new(points: &[Point]) -> Option<Self> {
        (points.len() >= 2).then(|| Curve(points.to_vec()))
    }

    /// What is true when the sensor shows this. Beyond the ends the last line goes on.
    pub fn apply(&self, shown: f64) -> f64 {
        let points = &self.0;
        let above = points.partition_point(|(point, _)| *point < shown);
        let end = above.clamp(1, points.len() - 1);
        let ((x0, y0), (x1, y1)) = (points[end - 1], points[end]);
        y0 + (shown - x0) * (y1 - y0) / (x1 - x0)
    }
}
