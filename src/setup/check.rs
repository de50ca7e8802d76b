//! Services' files by themselves: what `moothall service check`, `preview` and `diff` read.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::forms::{self, Report, Written};
use crate::kernel::Language;
use crate::kernel::document::{self, Faults};
use crate::tenancy;

/// Reports on a service's file, or on every one below a folder, in order of their paths.
///
/// # Errors
/// If a file cannot be read, or there is none.
pub fn check_services(path: &Path) -> anyhow::Result<Vec<Report>> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    ensure!(
        !files.is_empty(),
        "there is no service's file in {}; they are in a council's folder services/",
        path.display()
    );
    files.sort();
    files.iter().map(|file| Ok(forms::report(&file.display().to_string(), &text(file)?, &claimed(file)))).collect()
}

/// Reads a service's file.
///
/// # Errors
/// Its mistakes, a line each.
pub fn read_service(file: &Path) -> anyhow::Result<Written> {
    let text = text(file)?;
    let report = forms::report(&file.display().to_string(), &text, &claimed(file));
    let mistakes: Vec<String> = report.mistakes.iter().map(ToString::to_string).collect();
    ensure!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    let slug = file.file_stem().context("a file has a name")?.to_string_lossy().into_owned();
    Ok(Written::new(&slug, toml::from_str(&text)?))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let is_services = path.file_name().is_some_and(|name| name == "services");
    for entry in std::fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))? {
        let entry = entry?.path();
        if entry.is_dir() {
            collect(&entry, files)?;
        } else if is_services && entry.extension().is_some_and(|ending| ending == "toml") {
            files.push(entry);
        }
    }
    Ok(())
}

fn text(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// The languages that the council claims in whose folder the file is; English for a file on its own.
pub(super) fn claimed(file: &Path) -> Vec<Language> {
    let settings = council_folder(file).map(|folder| folder.join("tenant.toml"));
    let text = settings.and_then(|settings| std::fs::read_to_string(settings).ok()).unwrap_or_default();
    let root = document::read(&text, &mut Faults::of("tenant.toml"));
    root.map(|root| tenancy::languages(&root)).filter(|found| !found.is_empty()).unwrap_or_else(|| vec![Language::En])
}

/// `tenants/marlhaven`, of `tenants/marlhaven/services/pothole.toml`.
pub(super) fn council_folder(file: &Path) -> Option<&Path> {
    file.parent()?.parent()
}
