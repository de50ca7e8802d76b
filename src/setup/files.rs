//! The folder `tenants/` as read: every file walked, every mistake of every file collected, nothing half taken.

use std::collections::BTreeMap;
use std::path::Path;

use super::across;
use crate::agreements::{self, AgreementFile, Kind};
use crate::billing::{self, TariffsFile};
use crate::forms::{self, Written};
use crate::kernel::document::{self, Faults, Mistake, Place, Table};
use crate::kernel::{Language, format};
use crate::places::{self, Address};
use crate::tenancy::{self, TenantFile, check_svg};

/// Everything that the folder says, checked.
#[derive(Debug)]
pub struct Files {
    /// By slug.
    pub tenants: Vec<TenantFiles>,
    /// By file name.
    pub agreements: Vec<AgreementFiles>,
}

/// One authority's folder.
#[derive(Debug)]
pub struct TenantFiles {
    /// Its own file.
    pub file: TenantFile,
    /// Its mark.
    pub logo_svg: String,
    /// The art of its front page.
    pub hero_svg: Option<String>,
    /// Its services, by slug.
    pub services: Vec<Written>,
    /// Its addresses, if it has a file of them.
    pub addresses: Option<Vec<Address>>,
}

/// One agreement's file.
#[derive(Debug)]
pub struct AgreementFiles {
    /// The file's name without `.toml`; where it makes several agreements, with the consumer's.
    pub stem: String,
    /// What it says, but for its prices.
    pub file: AgreementFile,
    /// Its prices.
    pub tariffs: TariffsFile,
}

/// A TOML file as its checks see it, with the text that it is taken from in the end.
pub(super) struct Source {
    pub(super) path: String,
    text: String,
    pub(super) root: Table,
}

/// What the folder holds; a file that is missing or no TOML is `None`, and has been reported.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) tenants: BTreeMap<String, TenantSource>,
    pub(super) agreements: BTreeMap<String, Option<Source>>,
}

pub(super) struct TenantSource {
    pub(super) file: Option<Source>,
    logo_svg: String,
    hero_svg: Option<String>,
    addresses: Option<Vec<Address>>,
    pub(super) services: BTreeMap<String, Option<Source>>,
}

/// The largest file of settings, mark and art, in bytes: a landing page should weigh little.
const TOML_MOST: usize = 256 * 1024;
const LOGO_MOST: usize = 16 * 1024;
const HERO_MOST: usize = 64 * 1024;

/// Reads the folder.
///
/// # Errors
/// Every mistake in it, by file and place.
pub fn read(dir: &Path) -> Result<Files, Vec<Mistake>> {
    let mut reader = Reader { mistakes: Vec::new(), claimed: Vec::new() };
    let sources = reader.sources(dir);
    across::check(&sources, &mut reader.mistakes);
    let mut mistakes = reader.mistakes;
    let files = if mistakes.is_empty() { take(sources, &mut mistakes) } else { None };
    mistakes.sort();
    mistakes.dedup();
    files.filter(|_| mistakes.is_empty()).ok_or(mistakes)
}

struct Reader {
    mistakes: Vec<Mistake>,
    /// The languages of the council being read: its services have to be there in each.
    claimed: Vec<Language>,
}

impl Reader {
    fn sources(&mut self, dir: &Path) -> Sources {
        let mut sources = Sources::default();
        for entry in self.list(dir) {
            let path = dir.join(&entry.name);
            match (entry.is_folder, entry.name.as_str()) {
                (true, "agreements") => {
                    self.claimed.clear();
                    sources.agreements = self.each_toml(&path, agreement_checks);
                }
                (true, slug) => {
                    if let Some(wrong) = format::slug(slug) {
                        self.wrong(&path, format!("the folder is named {slug:?}, {wrong}; rename it"));
                    }
                    sources.tenants.insert(slug.to_owned(), self.tenant(&path));
                }
                (false, "README.md") => {}
                (false, _) => {
                    self.wrong(&path, "nothing reads this file here; a council's files go in a folder of its own");
                }
            }
        }
        if sources.tenants.is_empty() && self.mistakes.is_empty() {
            self.wrong(dir, "there is no authority here; write a folder with a tenant.toml for each");
        }
        sources
    }

    fn tenant(&mut self, dir: &Path) -> TenantSource {
        let file = self.toml(&dir.join("tenant.toml"), tenancy::check);
        self.claimed = file.as_ref().map(|file| tenancy::languages(&file.root)).unwrap_or_default();
        let (mut services, mut addresses) = (BTreeMap::new(), None);
        for entry in self.list(dir) {
            let path = dir.join(&entry.name);
            match (entry.is_folder, entry.name.as_str()) {
                (false, "tenant.toml" | "logo.svg" | "hero.svg" | "README.md") => {}
                (false, "addresses.csv") => addresses = self.addresses(&path),
                (true, "services") => services = self.each_toml(&path, forms::check),
                (_, name) => {
                    let known = ["tenant.toml", "logo.svg", "hero.svg", "services", "addresses.csv"];
                    let advice = match format::nearest(name, &known) {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("there are {}", known.join(", ")),
                    };
                    self.wrong(&path, format!("nothing reads this; {advice}"));
                }
            }
        }
        let logo = dir.join("logo.svg");
        if !logo.exists() {
            self.wrong(&logo, "the file is missing; draw the authority's mark as a square SVG");
        }
        let logo_svg = self.svg(&logo, LOGO_MOST).unwrap_or_default();
        if let Some(shape) = view_box(&logo_svg).filter(|[width, height]| width != height) {
            let [width, height] = shape;
            self.wrong(&logo, format!("the drawing is {width} wide and {height} high; draw the mark as a square"));
        }
        TenantSource { file, logo_svg, hero_svg: self.svg(&dir.join("hero.svg"), HERO_MOST), addresses, services }
    }

    fn addresses(&mut self, path: &Path) -> Option<Vec<Address>> {
        places::read(path).map_err(|mistakes| self.mistakes.extend(mistakes)).ok()
    }

    fn each_toml(&mut self, dir: &Path, check: fn(&Table, &mut Faults<'_>)) -> BTreeMap<String, Option<Source>> {
        let mut sources = BTreeMap::new();
        for entry in self.list(dir) {
            let path = dir.join(&entry.name);
            match entry.name.strip_suffix(".toml") {
                Some(stem) if !entry.is_folder => {
                    if let Some(wrong) = format::slug(stem) {
                        self.wrong(&path, format!("the file is named {stem:?}, {wrong}; rename it"));
                    }
                    sources.insert(stem.to_owned(), self.toml(&path, check));
                }
                _ if entry.name == "README.md" => {}
                _ => self.wrong(&path, "nothing reads this; only files named *.toml are read here"),
            }
        }
        sources
    }

    fn toml(&mut self, path: &Path, check: fn(&Table, &mut Faults<'_>)) -> Option<Source> {
        if !path.exists() {
            self.wrong(path, "the file is missing; tenants/README.md has one to begin with");
            return None;
        }
        let text = self.text(path, TOML_MOST)?;
        let name = path.display().to_string();
        let mut faults = Faults::of(&name);
        faults.claim(self.claimed.iter().copied());
        let root = document::read(&text, &mut faults);
        if let Some(root) = &root {
            check(root, &mut faults);
        }
        self.mistakes.extend(faults.into_mistakes());
        root.map(|root| Source { path: name, text, root })
    }

    fn svg(&mut self, path: &Path, most: usize) -> Option<String> {
        if !path.exists() {
            return None;
        }
        let text = self.text(path, most)?;
        if let Err(found) = check_svg(&text) {
            let path = path.display().to_string();
            self.mistakes.extend(found.into_iter().map(|(line, column, what)| Mistake {
                path: path.clone(),
                place: Place { line, column },
                what: format!("the drawing {what}"),
            }));
        }
        Some(text)
    }

    fn text(&mut self, path: &Path, most: usize) -> Option<String> {
        match std::fs::read(path) {
            Ok(bytes) if bytes.len() > most => {
                self.wrong(path, format!("the file has {} bytes of at most {most}; make it smaller", bytes.len()));
                None
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Some(text),
                Err(_) => {
                    self.wrong(path, "the file is not text in UTF-8; save it as UTF-8");
                    None
                }
            },
            Err(error) => {
                self.wrong(path, format!("the file cannot be read ({error})"));
                None
            }
        }
    }

    /// What is in a folder, by name, but for hidden files.
    fn list(&mut self, dir: &Path) -> Vec<Entry> {
        let mut entries = Vec::new();
        match std::fs::read_dir(dir) {
            Ok(found) => {
                for entry in found.flatten() {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if !name.starts_with('.') {
                        entries.push(Entry { is_folder: entry.path().is_dir(), name });
                    }
                }
            }
            Err(error) => self.wrong(dir, format!("the folder cannot be read ({error})")),
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn wrong(&mut self, path: &Path, what: impl Into<String>) {
        self.mistakes.push(Mistake { path: path.display().to_string(), place: Place::START, what: what.into() });
    }
}

/// The width and the height of a drawing, as its viewBox says.
fn view_box(svg: &str) -> Option<[String; 2]> {
    let document = roxmltree::Document::parse(svg).ok()?;
    let numbers = document.root_element().attribute("viewBox")?.split_ascii_whitespace();
    let size: Vec<String> = numbers.skip(2).map(str::to_owned).collect();
    size.try_into().ok()
}

struct Entry {
    name: String,
    is_folder: bool,
}

fn agreement_checks(root: &Table, faults: &mut Faults<'_>) {
    agreements::check(root, faults);
    billing::check(root, faults);
}

/// From checked sources to typed files. What fails here is a hole in the checks, told by its place all the same.
fn take(sources: Sources, mistakes: &mut Vec<Mistake>) -> Option<Files> {
    let mut files = Files { tenants: Vec::new(), agreements: Vec::new() };
    for (slug, source) in sources.tenants {
        let mut file: TenantFile = typed(&source.file?, mistakes)?;
        file.slug = slug;
        let mut services = Vec::new();
        for (slug, source) in source.services {
            let written = Written::new(&slug, typed(&source?, mistakes)?);
            services.push(written);
        }
        let TenantSource { logo_svg, hero_svg, addresses, .. } = source;
        files.tenants.push(TenantFiles { file, logo_svg, hero_svg, services, addresses });
    }
    for (stem, source) in sources.agreements {
        let source = source?;
        let (file, tariffs): (AgreementFile, TariffsFile) = (typed(&source, mistakes)?, typed(&source, mistakes)?);
        let is_shared = file.kind == Kind::CostShare;
        for file in file.between_two() {
            // What is applied is known by its name: each agreement has one of its own.
            let stem = if is_shared { format!("{stem}/{}", file.consumer) } else { stem.clone() };
            let tariffs = tariffs.clone().billed_to(&file.consumer);
            files.agreements.push(AgreementFiles { stem, file, tariffs });
        }
    }
    Some(files)
}

fn typed<T: serde::de::DeserializeOwned>(source: &Source, mistakes: &mut Vec<Mistake>) -> Option<T> {
    match toml::from_str(&source.text) {
        Ok(value) => Some(value),
        Err(error) => {
            let place = error.span().map_or(Place::START, |span| document::place(&source.text, &span));
            mistakes.push(Mistake { path: source.path.clone(), place, what: error.message().to_owned() });
            None
        }
    }
}
