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

    /// What the sensor shows when this is true. Where the points go up and down, the first line
    /// that fits.
    pub fn undo(&self, truth: f64) -> f64 {
        let lines = || self.0.windows(2).map(|ends| (ends[0], ends[1]));
        let fits =
            |((_, y0), (_, y1)): &(Point, Point)| y0.min(*y1) <= truth && truth <= y0.max(*y1);
        let distance =
            |((_, y0), (_, y1)): &(Point, Point)| (truth - y0).abs().min((truth - y1).abs());
        let nearest = || lines().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        match lines().find(fits).or_else(nearest) {
            Some(((x0, y0), (x1, y1))) if y0 != y1 => x0 + (truth - y0) * (x1 - x0) / (y1 - y0),
            Some(((x0, _), _)) => x0,
            None => truth,
        }
    }
}
