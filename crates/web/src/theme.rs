//! The branding that an operator chooses: product name and accent colour.

/// The product name and the accent colour of pages.
#[derive(Clone, Debug)]
pub struct Branding {
    /// The name in the header bar and in titles.
    pub product_name: String,
    /// The accent colour: red, green, blue.
    pub accent_color: [u8; 3],
}

impl Default for Branding {
    fn default() -> Self {
        Self {
            product_name: "ATS Personal Access Tokens".to_owned(),
            accent_color: [0x0b, 0x57, 0xb7],
        }
    }
}

/// The surfaces on which text in the accent colour must be readable: the darkest light one and the
/// lightest dark one of `site.css`.
const LIGHT: [u8; 3] = [0xee, 0xf1, 0xf5];
const DARK: [u8; 3] = [0x2a, 0x31, 0x3d];
/// The contrast that text must have (WCAG 2.2, success criterion 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;

impl Branding {
    /// A style sheet with two shades of the accent. It is darkened for light surfaces and lightened
    /// for dark ones, as far as necessary to keep text in it and on it readable.
    pub fn style_sheet(&self) -> String {
        let light = until_readable(self.accent_color, LIGHT, 0);
        let dark = until_readable(self.accent_color, DARK, 255);
        format!(
            ":root {{ --accent: {}; --on-accent: {}; }}\n\
             @media (prefers-color-scheme: dark) {{ :root {{ --accent: {}; --on-accent: {}; }} }}\n",
            hex(light),
            hex(readable_on(light)),
            hex(dark),
            hex(readable_on(dark)),
        )
    }
}

/// Mixes `color` with as little of `end` (black or white) as makes it readable on `surface`.
fn until_readable(color: [u8; 3], surface: [u8; 3], end: u8) -> [u8; 3] {
    (0..=20)
        .map(|step| {
            color.map(|part| {
                let mixed = u32::from(part) * (20 - step) + u32::from(end) * step;
                u8::try_from(mixed / 20).unwrap_or(end)
            })
        })
        .find(|mixed| contrast(*mixed, surface) >= LEAST_CONTRAST)
        .unwrap_or([end; 3])
}

/// Black or white, whichever has more contrast on `color`.
fn readable_on(color: [u8; 3]) -> [u8; 3] {
    let (black, white) = ([0; 3], [255; 3]);
    if contrast(color, white) >= contrast(color, black) {
        white
    } else {
        black
    }
}

/// The contrast ratio (WCAG 2.2, definition of *contrast ratio*): 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The relative luminance of an sRGB colour (WCAG 2.2, definition of *relative luminance*).
fn luminance(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.001);
        assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
    }

    #[test]
    fn whatever_accent_is_chosen_can_be_read_in_and_on() {
        for accent in [
            [0x0b, 0x57, 0xb7],
            [0, 0, 0],
            [255, 255, 255],
            [255, 230, 0],
            [255, 0, 0],
            [0, 255, 0],
            [0x80, 0x80, 0x80],
        ] {
            let light = until_readable(accent, LIGHT, 0);
            let dark = until_readable(accent, DARK, 255);
            for shade in [light, dark] {
                assert!(
                    contrast(shade, readable_on(shade)) >= LEAST_CONTRAST,
                    "{accent:?}"
                );
            }
            assert!(contrast(light, LIGHT) >= LEAST_CONTRAST, "{accent:?}");
            assert!(contrast(dark, DARK) >= LEAST_CONTRAST, "{accent:?}");
        }
    }

    #[test]
    fn the_default_is_taken_as_it_is() {
        let sheet = Branding::default().style_sheet();
        assert!(sheet.contains(":root { --accent: #0b57b7; "), "{sheet}");
    }
}
