//! `tenants/<slug>/tenant.toml` as parsed, and what an SVG of a tenant's may hold.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Authority, Brand, Contact, Names, PortalWords, PostalAddress};
use crate::kernel::seal::sha256_hex;
use crate::kernel::{AuthorityId, Language};

/// A council's own file, after `setup` has checked it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in `Authority`, field by field")]
pub struct TenantFile {
    #[serde(default)]
    pub slug: String,
    #[serde(flatten)]
    pub names: Names,
    pub kind: String,
    #[serde(default)]
    pub gss_code: Option<String>,
    pub prefix: String,
    pub hosts: Vec<String>,
    pub languages: Vec<Language>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neighbours: Vec<String>,
    #[serde(default)]
    pub closure_days: Vec<Date>,
    #[serde(default)]
    pub vat_number: Option<String>,
    pub contact: Contact,
    pub address: PostalAddress,
    pub brand: Brand,
    pub portal: PortalWords,
}

impl TenantFile {
    /// Its name in English.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.name.of(Language::En)
    }

    /// The file that would say what the directory has.
    #[must_use]
    pub fn of(authority: &Authority) -> TenantFile {
        TenantFile {
            slug: authority.slug.clone(),
            names: authority.names.clone(),
            kind: authority.kind.clone(),
            gss_code: authority.gss_code.clone(),
            prefix: authority.prefix.clone(),
            hosts: authority.hosts.clone(),
            languages: authority.languages.clone(),
            neighbours: authority.neighbours.clone(),
            closure_days: authority.closure_days.clone(),
            vat_number: authority.vat_number.clone(),
            contact: authority.contact.clone(),
            address: authority.address.clone(),
            brand: authority.brand.clone(),
            portal: authority.portal.clone(),
        }
    }
}

impl Authority {
    /// The authority that a file and its drawings describe.
    #[must_use]
    pub fn from_file(
        id: AuthorityId,
        file: TenantFile,
        logo_svg: String,
        hero_svg: Option<String>,
        demonstration: bool,
    ) -> Authority {
        let art = sha256_hex(format!("{logo_svg}{}", hero_svg.as_deref().unwrap_or_default()).as_bytes());
        let hero = hero_svg.as_ref().map(|_| format!("/brand/{}/hero.svg", &art[..12]));
        let sheet = file.brand.sheet(hero.as_deref());
        Authority {
            id,
            slug: file.slug,
            name: file.names.name.of(Language::En).to_owned(),
            short_name: file.names.short_name.of(Language::En).to_owned(),
            names: file.names,
            kind: file.kind,
            gss_code: file.gss_code,
            prefix: file.prefix,
            hosts: file.hosts,
            neighbours: file.neighbours,
            languages: file.languages,
            closure_days: file.closure_days,
            vat_number: file.vat_number,
            contact: file.contact,
            address: file.address,
            portal: file.portal,
            logo_svg: logo_svg.into(),
            hero_svg: hero_svg.map(Into::into),
            demonstration,
            brand_hash: sha256_hex(format!("{art}{sheet}").as_bytes())[..12].to_owned(),
            sheet: sheet.into(),
            brand: file.brand,
        }
    }
}

/// What makes an SVG unfit to be served from a council's own host: anything that runs, or fetches.
///
/// # Errors
/// Every fault, as `(line, column, what is wrong)`.
pub fn check_svg(text: &str) -> Result<(), Vec<(u32, u32, String)>> {
    let document = match roxmltree::Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let at = error.pos();
            return Err(vec![(at.row, at.col, format!("is not well-formed XML ({error})"))]);
        }
    };
    let mut faults = Vec::new();
    let root = document.root_element();
    if root.tag_name().name() != "svg" || root.tag_name().namespace() != Some("http://www.w3.org/2000/svg") {
        faults.push((
            1,
            1,
            "is not an SVG: the first element must be <svg xmlns=\"http://www.w3.org/2000/svg\">".to_owned(),
        ));
    }
    if root.attribute("viewBox").is_none() {
        faults.push((1, 1, "has no viewBox, so it cannot be sized; add one such as viewBox=\"0 0 48 48\"".to_owned()));
    }
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let mut fault = |what: String| {
            let at = document.text_pos_at(node.range().start);
            faults.push((at.row, at.col, what));
        };
        let name = node.tag_name().name();
        if matches!(
            name,
            "script"
                | "foreignObject"
                | "iframe"
                | "object"
                | "embed"
                | "image"
                | "use"
                | "audio"
                | "video"
                | "animate"
                | "set"
                | "handler"
                | "a"
        ) {
            fault(format!("holds <{name}>, which can run or fetch something; draw it with plain shapes"));
        }
        for attribute in node.attributes() {
            let (key, value) = (attribute.name(), attribute.value().trim().to_ascii_lowercase());
            if key.to_ascii_lowercase().starts_with("on") {
                fault(format!("holds the attribute {key}, which runs script; remove it"));
            }
            if (key == "href" && !value.starts_with('#')) || value.contains("javascript:") || outside_url(&value) {
                fault(format!(
                    "refers to {:?}, outside the file; put the drawing itself in the file",
                    attribute.value()
                ));
            }
        }
        if name == "style"
            && node.text().is_some_and(|css| css.contains("@import") || outside_url(&css.to_ascii_lowercase()))
        {
            fault("has a style that fetches something from outside; remove the @import or url(…)".to_owned());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn outside_url(css: &str) -> bool {
    css.match_indices("url(").any(|(at, _)| !css[at + 4..].trim_start_matches(['"', '\'', ' ']).starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::check_svg;

    #[test]
    fn only_harmless_drawings_pass() {
        let svg = |inner: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\">{inner}</svg>");
        assert!(check_svg(&svg("<path d=\"M0 0h1\" fill=\"url(#g)\"/>")).is_ok());
        for bad in [
            "<script>x</script>",
            "<path onload=\"x\"/>",
            "<image href=\"https://elsewhere.example/a.png\"/>",
            "<path fill=\"url(https://elsewhere.example/#g)\"/>",
            "<style>@import 'x';</style>",
            "<foreignObject/>",
        ] {
            assert!(check_svg(&svg(bad)).is_err(), "{bad}");
        }
        assert!(check_svg("<svg").is_err() && check_svg("<html/>").is_err());
    }
}
