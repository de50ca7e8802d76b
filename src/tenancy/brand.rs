//! A council's look: tokens, the contrast they must keep (WCAG 2.2), and the style sheet made of them.

use serde::{Deserialize, Serialize};

/// The tokens of `[brand]`. Colours are six-digit hex.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[allow(missing_docs, reason = "each token is named by where it shows; tenants/README.md has the list")]
pub struct Brand {
    pub brand: String,
    pub on_brand: String,
    pub brand_deep: String,
    pub accent: String,
    pub header_bg: String,
    pub header_text: String,
    pub surface: String,
    pub rule: String,
    pub surface_border: String,
    pub button: String,
    pub button_text: String,
    pub button_hover: String,
    pub button_shadow: String,
    pub link: String,
    pub link_hover: String,
    pub link_visited: String,
    pub radius: String,
    pub heading_font: HeadingFont,
    pub hero: HeroStyle,
    pub lanes: LaneStyle,
}

/// The face of headings.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum HeadingFont {
    /// Atkinson Hyperlegible Next, as the text.
    Sans,
    /// Source Serif.
    Serif,
}

/// How the front page opens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum HeroStyle {
    /// A ground of the brand's colour.
    Solid,
    /// The pale surface.
    Pale,
    /// Words on one side, art on the other.
    Split,
}

/// How the three lanes stand.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LaneStyle {
    /// Three cards over the edge of the hero.
    Cards,
    /// One below the other.
    Rows,
    /// Tiles of the brand's colour.
    Tiles,
}

impl HeroStyle {
    /// The word in class names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            HeroStyle::Solid => "solid",
            HeroStyle::Pale => "pale",
            HeroStyle::Split => "split",
        }
    }
}

impl LaneStyle {
    /// The word in class names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LaneStyle::Cards => "cards",
            LaneStyle::Rows => "rows",
            LaneStyle::Tiles => "tiles",
        }
    }
}

/// Two tokens that are too close to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastFault {
    /// The token to change.
    pub token: &'static str,
    /// What it is seen against.
    pub against: &'static str,
    /// What was measured.
    pub ratio: f64,
    /// What WCAG asks for.
    pub needed: f64,
}

/// What a token is seen against: another token, or a colour that the design system has fixed.
enum Against {
    Token(&'static str),
    Fixed(&'static str, &'static str),
}
use Against::{Fixed, Token};

const WHITE: Against = Fixed("white", "#ffffff");
const TEXT: f64 = 4.5;
const SHAPE: f64 = 3.0;

/// Every pair that WCAG 2.2 sets a ratio for, and the ratio.
const PAIRS: [(&str, Against, f64); 20] = [
    ("on_brand", Token("brand"), TEXT),
    ("header_text", Token("header_bg"), TEXT),
    ("brand_deep", Fixed("white text", "#ffffff"), TEXT),
    ("link", WHITE, TEXT),
    ("link", Token("surface"), TEXT),
    ("link_hover", WHITE, TEXT),
    ("link_hover", Token("surface"), TEXT),
    ("link_visited", WHITE, TEXT),
    ("link_visited", Token("surface"), TEXT),
    ("surface", Fixed("text", "#0b0c0c"), TEXT),
    ("surface", Fixed("secondary text", "#484949"), TEXT),
    ("surface", Fixed("error text", "#ca3535"), TEXT),
    ("button_text", Token("button"), TEXT),
    ("button_text", Token("button_hover"), TEXT),
    ("brand", Token("surface"), TEXT),
    ("button", WHITE, SHAPE),
    ("button", Token("surface"), SHAPE),
    ("brand", WHITE, SHAPE),
    ("accent", Token("header_bg"), SHAPE),
    ("on_brand", Token("brand_deep"), TEXT),
];

/// Every pair of tokens that fails its ratio. A token that `colour` does not know is left out.
#[must_use]
pub fn contrast_faults<'a>(colour: impl Fn(&str) -> Option<&'a str>) -> Vec<ContrastFault> {
    PAIRS
        .iter()
        .filter_map(|(token, against, needed)| {
            let (against, other) = match against {
                Token(name) => (*name, colour(name)?),
                Fixed(name, colour) => (*name, *colour),
            };
            let ratio = contrast(colour(token)?, other)?;
            (ratio < *needed).then_some(ContrastFault { token, against, ratio, needed: *needed })
        })
        .collect()
}

impl Brand {
    /// The council's style sheet: custom properties, and its art where there is some.
    #[must_use]
    pub fn sheet(&self, hero_address: Option<&str>) -> String {
        let heading = match self.heading_font {
            HeadingFont::Sans => "var(--mh-font)",
            HeadingFont::Serif => "\"Source Serif\",Georgia,\"Times New Roman\",serif",
        };
        let b = self;
        let mut css = format!(
            ":root{{--mh-brand:{};--mh-on-brand:{};--mh-brand-deep:{};--mh-accent:{};--mh-header-bg:{};--mh-header-text:{};\
             --mh-surface:{};--mh-rule:{};--mh-button:{};--mh-button-text:{};--mh-button-hover:{};--mh-button-shadow:{};\
             --mh-radius:{};--mh-font-heading:{heading};--govuk-brand-colour:{};--govuk-link-colour:{};\
             --govuk-link-hover-colour:{};--govuk-link-visited-colour:{};--govuk-template-background-colour:{};\
             --govuk-surface-background-colour:{};--govuk-surface-border-colour:{}}}",
            b.brand,
            b.on_brand,
            b.brand_deep,
            b.accent,
            b.header_bg,
            b.header_text,
            b.surface,
            b.rule,
            b.button,
            b.button_text,
            b.button_hover,
            b.button_shadow,
            b.radius,
            b.brand,
            b.link,
            b.link_hover,
            b.link_visited,
            b.surface,
            b.surface,
            b.surface_border,
        );
        if let Some(address) = hero_address {
            css.push_str(&format!("@media (min-width:60em){{.mh-hero{{background-image:url(\"{address}\")}}}}"));
        }
        css
    }
}

/// The contrast ratio of two colours by WCAG 2.2's relative luminance; `None` unless both are `#rrggbb`.
fn contrast(a: &str, b: &str) -> Option<f64> {
    let (a, b) = (luminance(a)?, luminance(b)?);
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

fn luminance(hex: &str) -> Option<f64> {
    let digits = hex.strip_prefix('#').filter(|d| d.len() == 6)?;
    let channel = |at: usize| {
        let c = f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0;
        Some(if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_wcags() {
        assert!((contrast("#ffffff", "#000000").unwrap() - 21.0).abs() < 1e-9);
        assert!((contrast("#777777", "#ffffff").unwrap() - 4.478).abs() < 0.001);
        assert_eq!(contrast("#fff", "#000000"), None);
    }
}
