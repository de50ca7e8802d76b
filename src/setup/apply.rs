//! From checked files to the database: the same walk plans and applies, so that the plan is what happens.
//!
//! An authority is brought in by one transaction in its own scope. An agreement is put forward by its provider and signed
//! by each party, each in a scope of its own, since nobody else may. A run that stops half way is finished by the next.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::agreed;
use super::files::{Files, TenantFiles};
use super::part::{self, Fate, Refused, Take};
use super::store::{self, Applied};
use crate::audit;
use crate::forms::{self, Known, Written};
use crate::kernel::{Actor, AuthorityId, billing_date, new_id};
use crate::places::{self, Address};
use crate::platform::{Db, Error, Result, Scope, Tx};
use crate::tenancy::{self, Authority, Directory, TenantFile};

/// What applying would do, or has done.
#[derive(Debug, Default)]
pub struct Plan {
    /// What changes, one line each.
    pub changes: Vec<String>,
    /// What stays as it is although somebody might expect otherwise.
    pub notes: Vec<String>,
    /// What keeps everything from being applied.
    pub refused: Vec<Refused>,
}

/// What is printed of it: a line for each change, note and refusal, and how to go on.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))?;
        for refused in &self.refused {
            writeln!(f, "refused: {}", refused.what)?;
            refused.difference.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
            if !refused.difference.is_empty() {
                writeln!(f, "    say --take file or --take database")?;
            }
        }
        Ok(())
    }
}

/// How the files are applied.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Which side wins where both have changed.
    pub take: Option<Take>,
    /// The present moment.
    pub now: Timestamp,
    /// Whether new authorities belong to a demonstration.
    pub demonstration: bool,
}

/// Says what applying the files would do, and changes nothing.
///
/// # Errors
/// The database's.
pub fn plan(db: &Db, files: &Files, options: Options) -> Result<Plan> {
    walk(db, files, options, Mode::Plan)
}

/// Applies the files, unless something is refused: then nothing changes.
///
/// # Errors
/// The database's, or if it changed while this was at work.
pub fn apply(db: &Db, files: &Files, options: Options) -> Result<Plan> {
    let plan = walk(db, files, options, Mode::Plan)?;
    if plan.refused.is_empty() { walk(db, files, options, Mode::Act) } else { Ok(plan) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Plan,
    Act,
}

/// A walk over the files.
pub(super) struct Walk {
    pub(super) options: Options,
    mode: Mode,
    pub(super) ids: BTreeMap<String, AuthorityId>,
    pub(super) plan: Plan,
}

fn walk(db: &Db, files: &Files, options: Options, mode: Mode) -> Result<Plan> {
    let directory = db.router(tenancy::load)?;
    let ids = files
        .tenants
        .iter()
        .map(|tenant| {
            let known = directory.by_slug(&tenant.file.slug).map(|authority| authority.id);
            (tenant.file.slug.clone(), known.unwrap_or_else(|| AuthorityId(new_id(options.now))))
        })
        .collect();
    let mut walk = Walk { options, mode, ids, plan: Plan::default() };
    walk.look_beyond(files, &directory);
    for tenant in in_order(files, &directory) {
        let id = walk.id(&tenant.file.slug)?;
        db.scoped(Scope::own(id), |tx| {
            let known = directory.by_id(id);
            walk.tenant(tx, tenant, known)?;
            walk.services(tx, tenant, known.map_or(options.demonstration, |authority| authority.demonstration))?;
            walk.addresses(tx, tenant)?;
            walk.unless_refused()
        })
        .map_err(|error| taken(error, &tenant.file.slug))?;
    }
    agreed::walk(&mut walk, db, files)?;
    Ok(walk.plan)
}

impl Walk {
    pub(super) fn acts(&self) -> bool {
        self.mode == Mode::Act
    }

    /// An authority of the files, by slug.
    pub(super) fn id(&self, slug: &str) -> Result<AuthorityId> {
        self.ids.get(slug).copied().ok_or_else(|| anyhow::anyhow!("{slug} has no folder").into())
    }

    pub(super) fn change(&mut self, line: String) {
        self.plan.changes.push(line);
    }

    pub(super) fn note(&mut self, line: String) {
        self.plan.notes.push(line);
    }

    /// A refusal found only while acting means that somebody was quicker: the transaction is given up.
    pub(super) fn unless_refused(&self) -> Result<()> {
        if self.acts() && !self.plan.refused.is_empty() {
            return Err(anyhow::anyhow!("the database changed meanwhile; run this again").into());
        }
        Ok(())
    }

    /// What becomes of a part; a refusal and a settlement are noted on the way. True if the file's is to be brought in.
    pub(super) fn brings(
        &mut self,
        tx: &mut Tx<'_>,
        (name, part): (&str, &str),
        file: &Value,
        database: Option<&Value>,
    ) -> Result<bool> {
        let held = match part::fate(tx, part, file, database, self.options.take)? {
            Fate::Leave => return Ok(false),
            Fate::Refuse(difference) => {
                let what = format!("{name} has changed in the files and in the database since they last agreed");
                self.plan.refused.push(Refused { what, difference });
                return Ok(false);
            }
            Fate::Settle => database,
            Fate::Bring => None,
        };
        if self.acts() {
            let hashes = Applied { file_hash: part::hash(file), database_hash: part::hash(held.unwrap_or(file)) };
            store::keep(tx, part, &hashes, self.options.now)?;
        }
        if held.is_some_and(|database| database != file) {
            self.change(format!("{name}: kept as it is in the database"));
        }
        Ok(held.is_none())
    }

    /// What the database has that the files do not: kept, unless the two cannot live together.
    fn look_beyond(&mut self, files: &Files, directory: &Directory) {
        let others: Vec<&Authority> = directory
            .iter()
            .map(AsRef::as_ref)
            .filter(|other: &&Authority| !self.ids.contains_key(&other.slug))
            .collect();
        for other in others {
            self.note(format!("{}: in the database and not in these files; it stays", other.slug));
            for TenantFiles { file, .. } in &files.tenants {
                let mut clash = |what: &str, value: &str| {
                    self.plan.refused.push(Refused {
                        what: format!(
                            "{}: the {what} {value} is that of {}, which is in the database",
                            file.slug, other.slug
                        ),
                        difference: Vec::new(),
                    });
                };
                if file.prefix == other.prefix {
                    clash("prefix", &file.prefix);
                }
                if let Some(code) = file.gss_code.as_ref().filter(|code| other.gss_code.as_ref() == Some(code)) {
                    clash("GSS code", code);
                }
                for host in file.hosts.iter().filter(|host| other.hosts.contains(host)) {
                    clash("host", host);
                }
                if file.kind == "operator" && other.is_operator() {
                    clash("part of the operator", "(kind)");
                }
            }
        }
    }

    fn tenant(
        &mut self,
        tx: &mut Tx<'_>,
        files: &TenantFiles,
        known: Option<&std::sync::Arc<Authority>>,
    ) -> Result<()> {
        let slug = &files.file.slug;
        let file = content(&files.file, &files.logo_svg, files.hero_svg.as_deref())?;
        let database = known.map(|a| content(&TenantFile::of(a), &a.logo_svg, a.hero_svg.as_deref())).transpose()?;
        if !self.brings(tx, (slug, "tenant"), &file, database.as_ref())? {
            return Ok(());
        }
        let (line, action) = match &database {
            Some(database) => (format!("{slug}: {} changed", part::changed_keys(&file, database)), "authority.change"),
            None => (
                format!("{slug}: new authority, {} at {}", files.file.name(), files.file.hosts.join(", ")),
                "authority.add",
            ),
        };
        self.change(line);
        if self.acts() {
            let Options { now, demonstration, .. } = self.options;
            tenancy::put_authority(tx, &files.file, &files.logo_svg, files.hero_svg.as_deref(), demonstration, now)?;
            record(tx, self.options.now, files.file.name(), (action, "authority", slug))?;
        }
        Ok(())
    }

    fn addresses(&mut self, tx: &mut Tx<'_>, files: &TenantFiles) -> Result<()> {
        let (slug, Some(addresses)) = (&files.file.slug, &files.addresses) else { return Ok(()) };
        let content = |all: &[Address]| serde_json::json!({"addresses": all.len(), "sha256": places::digest(all)});
        let database = places::all(tx)?;
        let held = (!database.is_empty()).then(|| content(&database));
        if !self.brings(tx, (&format!("{slug}: addresses"), "addresses"), &content(addresses), held.as_ref())? {
            return Ok(());
        }
        self.change(format!("{slug}: {} addresses instead of {}", addresses.len(), database.len()));
        if self.acts() {
            places::replace(tx, addresses)?;
            record(tx, self.options.now, files.file.name(), ("address.import", "authority", slug))?;
        }
        Ok(())
    }

    fn services(&mut self, tx: &mut Tx<'_>, files: &TenantFiles, demonstration: bool) -> Result<()> {
        let slug = &files.file.slug;
        let mut known = forms::known(tx)?;
        for definition in &files.services {
            let had = known.remove(definition.slug()).unwrap_or_default();
            if let Some(wrong) = super::services::unreviewed(definition, demonstration) {
                let what = format!("{slug}: the service {}: {wrong}", definition.slug());
                self.plan.refused.push(Refused { what, difference: Vec::new() });
                continue;
            }
            self.service(tx, files, definition, &had)?;
        }
        for gone in known.keys() {
            self.note(format!("{slug}: the service {gone} has no file any more; it stays"));
        }
        Ok(())
    }

    fn service(&mut self, tx: &mut Tx<'_>, files: &TenantFiles, definition: &Written, had: &Known) -> Result<()> {
        let (council, slug) = (&files.file.slug, definition.slug());
        let name = format!("{council}: the service {slug}");
        let file = json(definition)?;
        let database = had.latest().map(json).transpose()?;
        if !self.brings(tx, (&name, &format!("service/{slug}")), &file, database.as_ref())? {
            return Ok(());
        }
        let now = self.options.now;
        let action = match &had.published {
            None => {
                self.change(format!("{name} is published, version 1"));
                if self.acts() {
                    forms::publish(tx, now, definition, billing_date(now), "files")?;
                }
                "service.publish"
            }
            Some((version, published)) if published == definition => {
                self.change(format!("{name} is version {version} again; its draft is dropped"));
                if self.acts() {
                    forms::drop_draft(tx, slug)?;
                }
                "service.drop-draft"
            }
            Some((version, published)) => {
                self.change(format!(
                    "{name} has a new draft ({} changed since version {version}); \
                     moothall service publish {council} {slug} publishes it",
                    part::changed_keys(&file, &json(published)?)
                ));
                if self.acts() {
                    forms::put_draft(tx, now, definition)?;
                }
                "service.draft"
            }
        };
        if self.acts() {
            record(tx, now, files.file.name(), (action, "service", slug))?;
        }
        Ok(())
    }
}

/// Replaces a council's addresses by those of a file.
///
/// # Errors
/// The database's.
pub fn import_addresses(db: &Db, now: Timestamp, council: &Authority, addresses: &[Address]) -> Result<()> {
    db.scoped(Scope::own(council.id), |tx| {
        places::replace(tx, addresses)?;
        record(tx, now, &council.name, ("address.import", "authority", &council.slug))
    })
}

/// Who acts when files do.
pub(super) fn actor(authority_name: &str) -> Actor {
    Actor { staff_id: None, name: "Files of the platform".to_owned(), authority_name: authority_name.to_owned() }
}

pub(super) fn record(
    tx: &mut Tx<'_>,
    now: Timestamp,
    authority_name: &str,
    (action, subject_kind, subject_label): (&'static str, &'static str, &str),
) -> Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind,
        // A service has no id of its own: its entries stand under its council's.
        subject_id: tx.actor().0,
        subject_label,
        purpose: "settings brought in from files",
        handler: None,
    };
    audit::record(tx, now, &actor(authority_name), &entry)
}

fn content(file: &TenantFile, logo_svg: &str, hero_svg: Option<&str>) -> Result<Value> {
    let mut content = json(file)?;
    content["logo.svg"] = logo_svg.into();
    content["hero.svg"] = hero_svg.into();
    Ok(content)
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<Value> {
    Ok(serde_json::to_value(value).map_err(anyhow::Error::from)?)
}

/// Who gives up a host, a prefix or a code goes before those who might take it, as no two may have it at any moment.
fn in_order<'a>(files: &'a Files, directory: &Directory) -> Vec<&'a TenantFiles> {
    let gives = |tenant: &&TenantFiles| {
        directory.by_slug(&tenant.file.slug).is_some_and(|known| {
            known.prefix != tenant.file.prefix
                || known.gss_code != tenant.file.gss_code
                || known.hosts.iter().any(|host| !tenant.file.hosts.contains(host))
        })
    };
    let (givers, others): (Vec<_>, Vec<_>) = files.tenants.iter().partition(gives);
    givers.into_iter().chain(others).collect()
}

/// Two authorities that exchange such values have to do it in two steps.
fn taken(error: Error, slug: &str) -> Error {
    use diesel::result::{DatabaseErrorKind, Error as Diesel};
    match error {
        Error::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => anyhow::anyhow!(
            "{slug} would take a host, prefix or GSS code that another authority has at this moment; \
             apply the files once with a new one for the other, then again"
        )
        .into(),
        error => error,
    }
}
