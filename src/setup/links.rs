//! The list of local links that GOV.UK sends its visitors by: one row for each service that has a number in the Local
//! Government Services List, in the columns of GOV.UK's own export (alphagov/local-links-manager, `LinksExporter`).

use crate::forms::{Kind, Published, Services};
use crate::kernel::Language;
use crate::tenancy::{Authority, Directory};

const HEADINGS: &str = "Authority Name,GSS,Description,LGSL,LGIL,URL,Title,Supported by GOV.UK";

/// The list, and why services are not on it, a sentence each.
#[derive(Debug)]
pub struct LocalLinks {
    /// Comma-separated values.
    pub csv: String,
    /// `marlhaven: complaint has no number in the services list (lgsl)`
    pub left_out: Vec<String>,
}

/// Lists what councils, or only one, have in force.
///
/// A sensitive service is never on it: its address says nothing, and a public list that gives the address its true name
/// would undo that for whoever looks over her shoulder.
#[must_use]
pub fn local_links(directory: &Directory, services: &Services, only: Option<&str>) -> LocalLinks {
    let mut links = LocalLinks { csv: format!("{HEADINGS}\n"), left_out: Vec::new() };
    let councils = directory.iter().filter(|a| !a.is_operator() && only.is_none_or(|slug| a.slug == slug));
    for council in councils {
        let mut rows: Vec<(u32, u32, String)> = Vec::new();
        for service in services.of(council.id) {
            let listing = service.of(Language::En);
            match service.lgsl {
                _ if listing.sensitive => {
                    links
                        .left_out
                        .push(format!("{}: {} is sensitive and is on no public list", council.slug, listing.slug));
                }
                None => links
                    .left_out
                    .push(format!("{}: {} has no number in the services list (lgsl)", council.slug, listing.slug)),
                Some(lgsl) => {
                    let (lgil, row) = row(council, service, lgsl);
                    rows.push((lgsl, lgil, row));
                }
            }
        }
        rows.sort();
        links.csv.extend(rows.into_iter().map(|(_, _, row)| row));
    }
    links
}

fn row(council: &Authority, service: &Published, lgsl: u32) -> (u32, String) {
    let listing = service.of(Language::En);
    let lgil = service.lgil.unwrap_or(match listing.kind {
        Kind::Request => 0,
        Kind::Pay => 4,
        Kind::Report => 17,
    });
    let interaction = match lgil {
        0 => "Applications for service".to_owned(),
        4 => "Paying for goods and services".to_owned(),
        8 => "Providing information".to_owned(),
        17 => "Reporting".to_owned(),
        other => format!("Interaction {other}"),
    };
    let host = council.hosts.first().map_or("", String::as_str);
    let cells = [
        council.name.clone(),
        council.gss_code.clone().unwrap_or_default(),
        format!("{}: {interaction}", listing.noun),
        lgsl.to_string(),
        lgil.to_string(),
        format!("https://{host}/services/{}", listing.slug),
        listing.name.clone(),
        // Whether GOV.UK has a page for it is GOV.UK's to say.
        String::new(),
    ];
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    (lgil, format!("{}\n", cells.join(",")))
}

fn cell(text: String) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
