//! A curve as a PNG. Mail programs show no SVG; numbers and times stand in the text beside it.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::plan::Curve;

/// In pixels; shown at half the size, so that the line is fine on a dense screen.
pub const WIDTH: usize = 800;
pub const HEIGHT: usize = 200;
/// Pixels that stay free above and below the line.
const MARGIN: usize = 12;
/// Half the thickness of the line.
const PEN: usize = 2;

/// Colours, by their place in the palette.
const PAPER: u8 = 0;
const GRID: u8 = 1;
const LINE: u8 = 2;
const PALETTE: [u8; 9] = [0xff, 0xff, 0xff, 0xe3, 0xe6, 0xea, 0xd1, 0x4a, 0x2b];

/// # Errors
/// When the image cannot be encoded, which memory alone could cause.
pub fn png(curve: &Curve) -> Result<Vec<u8>, EncodingError> {
    let mut image = Vec::new();
    let mut encoder = Encoder::new(&mut image, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(PALETTE.as_slice());
    encoder.set_compression(Compression::High);
    encoder.write_header()?.write_image_data(&pixels(curve))?;
    Ok(image)
}

fn pixels(curve: &Curve) -> Vec<u8> {
    let mut pixels = vec![PAPER; WIDTH * HEIGHT];
    for quarter in 0..=4 {
        let y = MARGIN + quarter * (HEIGHT - 1 - 2 * MARGIN) / 4;
        pixels[y * WIDTH..(y + 1) * WIDTH].fill(GRID);
    }
    let places = places(curve);
    for pair in places.windows(2) {
        stroke(&mut pixels, pair[0], pair[1]);
    }
    pixels
}

/// Where the points lie, in pixels from the upper left corner.
fn places(curve: &Curve) -> Vec<(usize, usize)> {
    let (low, high) = curve.range();
    // A value that does not move runs along the middle.
    let height = |value| if high > low { (value - low) / (high - low) } else { 0.5 };
    let (first, last) = match curve.points() {
        [(first, _), .., (last, _)] => (*first, *last),
        _ => return Vec::new(),
    };
    let place = |&(at, value): &(i64, f64)| {
        let x = (at - first) as f64 / (last - first).max(1) as f64 * (WIDTH - 1) as f64;
        let y = (1.0 - height(value)) * (HEIGHT - 1 - 2 * MARGIN) as f64;
        (x.round() as usize, MARGIN + y.round() as usize)
    };
    curve.points().iter().map(place).collect()
}

/// A thick line: a dot on every pixel of the way.
fn stroke(pixels: &mut [u8], from: (usize, usize), to: (usize, usize)) {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
    let between = |a: usize, b: usize, step: usize| {
        (a as f64 + (b as f64 - a as f64) * step as f64 / steps as f64).round() as usize
    };
    for step in 0..=steps {
        let (x, y) = (between(from.0, to.0, step), between(from.1, to.1, step));
        for row in y.saturating_sub(PEN)..=(y + PEN).min(HEIGHT - 1) {
            let (left, right) = (x.saturating_sub(PEN), (x + PEN).min(WIDTH - 1));
            pixels[row * WIDTH + left..=row * WIDTH + right].fill(LINE);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn curve(values: &[f64]) -> Curve {
        let at = |minute: i64| DateTime::from_timestamp(1_800_000_000 + 60 * minute, 0).unwrap();
        let points: Vec<_> = (0..).map(at).zip(values.iter().copied()).collect();
        Curve::of("heat", "°C", &points).unwrap()
    }

    fn is_drawn(pixels: &[u8], x: usize, y: usize) -> bool {
        pixels[y * WIDTH + x] == LINE
    }

    #[test]
    fn a_rise_goes_from_the_lower_left_to_the_upper_right() {
        let pixels = pixels(&curve(&[20.0, 30.0]));
        assert!(is_drawn(&pixels, 0, HEIGHT - 1 - MARGIN));
        assert!(is_drawn(&pixels, WIDTH - 1, MARGIN));
        assert!(
            !is_drawn(&pixels, 0, MARGIN) && !is_drawn(&pixels, WIDTH - 1, HEIGHT - 1 - MARGIN)
        );
    }

    #[test]
    fn what_stands_still_is_a_line_in_the_middle() {
        let pixels = pixels(&curve(&[20.0, 20.0, 20.0]));
        assert!((0..WIDTH).all(|x| is_drawn(&pixels, x, HEIGHT / 2)));
    }

    #[test]
    fn it_is_a_small_png() {
        let image = png(&curve(&[20.0, 25.0, 19.0, 30.0])).unwrap();
        assert!(image.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert!(image.len() < 8_000, "{} bytes", image.len());
        let mut read = png::Decoder::new(std::io::Cursor::new(image)).read_info().unwrap();
        let mut pixels = vec![0; read.output_buffer_size().unwrap()];
        read.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels.len(), WIDTH * HEIGHT * 3 / 3);
    }
}
