//! `moothall service preview`: a service's pages as files that open in any browser, with the council's own look beside
//! them, and an index that says which page comes when. Nothing is published, and no database is needed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use askama::Template;
use uuid::Uuid;

use super::check::{council_folder, read_service};
use crate::forms::{Definition, Page};
use crate::kernel::{AuthorityId, Language};
use crate::portal;
use crate::site::assets;
use crate::tenancy::{Authority, TenantFile};

#[derive(Template)]
#[template(path = "setup/preview.html")]
struct IndexTemplate {
    council: String,
    name: String,
    languages: Vec<Language>,
    rows: Vec<Row>,
    routes: Vec<String>,
}

/// A line of the index.
struct Row {
    address: String,
    title: String,
    /// When it comes, in words; empty for what always does.
    when: String,
    /// What on it comes only sometimes.
    inside: Vec<String>,
}

/// Writes the pages of a service's file, which lies in its council's folder; says how many.
///
/// # Errors
/// The file's mistakes; a council's folder that is not there.
pub fn preview_service(file: &Path, out: &Path) -> anyhow::Result<usize> {
    let written = read_service(file)?;
    let folder = council_folder(file).context("the file is not in a council's folder")?;
    let here = Arc::new(council(folder)?);
    let definition = written.read(Language::En)?;
    fs::create_dir_all(out.join("assets"))?;
    fs::create_dir_all(out.join("brand"))?;
    look(&here, out)?;
    let pages = portal::preview(&here, &written)?;
    for page in &pages {
        let name = file_name(page.language, &page.address);
        fs::write(out.join(name), linked(&here, page, &addresses(&definition)))?;
    }
    let index = IndexTemplate {
        council: here.name.clone(),
        name: definition.name.clone(),
        languages: here.languages.clone(),
        rows: rows(&definition),
        routes: routes(&definition),
    };
    fs::write(out.join("index.html"), index.render()?)?;
    Ok(pages.len())
}

fn file_name(language: Language, address: &str) -> String {
    format!("{}-{address}.html", language.code())
}

/// The council as its files have it.
fn council(folder: &Path) -> anyhow::Result<Authority> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let mut file: TenantFile = toml::from_str(&read("tenant.toml")?)?;
    file.slug = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    ensure!(!file.languages.is_empty(), "{} names no language", folder.display());
    let hero = folder.join("hero.svg").exists().then(|| read("hero.svg")).transpose()?;
    Ok(Authority::from_file(AuthorityId(Uuid::nil()), file, read("logo.svg")?, hero, true))
}

/// Copies the sheets, the scripts and the pictures, which refer to each other by their places here.
fn look(here: &Authority, out: &Path) -> anyhow::Result<()> {
    for (address, media_type, bytes, _) in assets::ALL {
        let name = address.trim_start_matches('/');
        if media_type.starts_with("text/css") {
            let text = String::from_utf8_lossy(bytes).replace("/assets/", "");
            fs::write(out.join(name), text)?;
        } else {
            fs::write(out.join(name), bytes)?;
        }
    }
    let sheet = here.sheet.replace("/assets/", "../assets/");
    let sheet = sheet.split("/brand/").enumerate().map(|(n, part)| match (n, part.split_once('/')) {
        (1.., Some((_, rest))) => rest,
        _ => part,
    });
    fs::write(out.join("brand/tenant.css"), sheet.collect::<String>())?;
    fs::write(out.join("brand/logo.svg"), &*here.logo_svg)?;
    if let Some(hero) = &here.hero_svg {
        fs::write(out.join("brand/hero.svg"), &**hero)?;
    }
    Ok(())
}

/// The addresses of a service's pages.
fn addresses(definition: &Definition) -> Vec<String> {
    let pages = definition.pages.iter().map(|page| page.id.clone());
    let ends = definition.pages.iter().flat_map(|page| &page.ends).map(|end| format!("end.{}", end.id));
    let lists = definition.repeats.iter().map(|repeat| repeat.id.clone());
    ["start".to_owned()].into_iter().chain(pages).chain(lists).chain(ends).collect()
}

/// A page whose links lead to the files beside it.
fn linked(here: &Authority, page: &portal::Preview, addresses: &[String]) -> String {
    let mut html = page
        .html
        .replace("\"/assets/", "\"assets/")
        .replace(&format!("\"/brand/{}/", here.brand_hash), "\"brand/")
        // A file takes nothing that is sent to it: the button only leads on.
        .replace("method=\"post\"", "method=\"get\"");
    for address in addresses {
        let file = file_name(page.language, address);
        for attribute in ["href", "action"] {
            html = html.replace(&format!("{attribute}=\"{address}\""), &format!("{attribute}=\"{file}\""));
        }
    }
    for &other in &here.languages {
        let switch = format!("href=\"{}?lang={}\"", page.address, other.code());
        html = html.replace(&switch, &format!("href=\"{}\"", file_name(other, &page.address)));
    }
    let first = addresses.get(1).map_or("start", String::as_str);
    let begins = page.html.contains("action=\"/services/");
    if begins {
        let (before, after) = html.split_once("action=\"/services/").unwrap_or((&html, ""));
        let rest = after.split_once('"').map_or("", |(_, rest)| rest);
        html = format!("{before}action=\"{}\"{rest}", file_name(page.language, first));
    }
    html
}

fn rows(definition: &Definition) -> Vec<Row> {
    let mut rows = vec![Row {
        address: "start".to_owned(),
        title: definition.name.clone(),
        when: String::new(),
        inside: Vec::new(),
    }];
    for page in &definition.pages {
        rows.push(Row {
            address: page.id.clone(),
            title: page.title.clone(),
            when: page.when.as_ref().map_or_else(String::new, |when| when.in_words(definition)),
            inside: inside(definition, page),
        });
        for end in &page.ends {
            rows.push(Row {
                address: format!("end.{}", end.id),
                title: format!("Ends: {}", end.title),
                when: end.when.in_words(definition),
                inside: Vec::new(),
            });
        }
    }
    for repeat in &definition.repeats {
        rows.push(Row {
            address: repeat.id.clone(),
            title: repeat.title.clone(),
            when: format!("each {} was told of; up to {}", repeat.item.to_lowercase(), repeat.max),
            inside: Vec::new(),
        });
    }
    rows
}

fn inside(definition: &Definition, page: &Page) -> Vec<String> {
    let mut said = Vec::new();
    for question in &page.questions {
        if let Some(when) = &question.when {
            said.push(format!("“{}” is asked when {}", question.label, when.in_words(definition)));
        }
        for option in &question.options {
            if let Some(when) = &option.when {
                said.push(format!("“{}” is offered when {}", option.label, when.in_words(definition)));
            }
        }
    }
    said
}

fn routes(definition: &Definition) -> Vec<String> {
    let to = |team: &str, partner: Option<&str>| partner.map_or_else(|| team.to_owned(), |p| format!("{team} at {p}"));
    let routing = &definition.routing;
    let mut said: Vec<String> = routing
        .routes
        .iter()
        .map(|r| format!("to {} when {}", to(&r.team, r.partner.as_deref()), r.when.in_words(definition)))
        .collect();
    let usual = to(&routing.team, routing.partner.as_deref());
    said.push(if said.is_empty() { format!("to {usual}") } else { format!("otherwise to {usual}") });
    said
}
