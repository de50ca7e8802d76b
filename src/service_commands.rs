//! `moothall service …`: what a designer or an operator does with services from the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use jiff::civil::Date;
use moothall::forms::{self, Written};
use moothall::kernel::billing_date;
use moothall::kernel::time::long_date;
use moothall::platform::{Clock, Db, Error, Scope};
use moothall::setup::{self, Source};
use moothall::tenancy::{self, Authority};

use super::{MISTAKES, authority, count, database};

#[derive(Subcommand)]
pub enum Service {
    /// Publish a service's draft, or an earlier version again, as its next version
    Publish {
        /// The council's folder name, such as marlhaven
        council: String,
        /// The service's file name without .toml, such as pothole
        service: String,
        /// The day from which it is in force, such as 2026-12-01; today by default
        #[arg(long, value_name = "DAY")]
        from: Option<Date>,
        /// Go back: publish what this version said instead of the draft
        #[arg(long, value_name = "VERSION")]
        again: Option<i32>,
    },
    /// Offer a service no longer; forms that were begun are finished
    Retire {
        /// The council's folder name, such as marlhaven
        council: String,
        /// The service's file name without .toml, such as pothole
        service: String,
    },
    /// Prove a service's file, or each below a folder, and report how its texts read
    Check {
        /// The file or the folder
        path: PathBuf,
    },
    /// Write what citizens would see of a service's file as pages that open in any browser
    Preview {
        /// The file, in its council's folder
        file: PathBuf,
        /// Where the pages go
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Say in words what changed from one version of a service to another
    ///
    /// Each is a file, or a version in the database: marlhaven/pothole@3, or marlhaven/pothole@draft.
    Diff {
        /// The earlier one
        old: String,
        /// The later one
        new: String,
    },
    /// Print the list of links that GOV.UK sends its visitors by, as comma-separated values
    ExportLinks {
        /// Only of this council, by its folder name
        council: Option<String>,
    },
    /// List a council's services, their versions and how each stands
    List {
        /// The council's folder name, such as marlhaven
        council: String,
    },
}

/// Does what was asked.
pub fn run(command: Service) -> anyhow::Result<ExitCode> {
    let now = Clock::real().now();
    let of = |council: &str| -> anyhow::Result<(Db, Arc<Authority>)> {
        let db = database()?;
        let directory = db.router(tenancy::load)?;
        let council = authority(&directory, council)?.id;
        let known = directory.by_id(council).context("the authority is in the directory")?;
        Ok((db, Arc::clone(known)))
    };
    match command {
        Service::Publish { council, service, from, again } => {
            let (db, known) = of(&council)?;
            let from = from.unwrap_or_else(|| billing_date(now));
            let source = again.map_or(Source::Draft, Source::Again);
            let version = setup::publish_service(&db, now, &known, &service, source, from)?;
            let from = long_date(from);
            println!("{council}: the service {service} is published, version {version}, in force from {from}");
        }
        Service::Check { path } => {
            let reports = setup::check_services(&path)?;
            for report in &reports {
                println!("{report}");
            }
            let wrong = reports.iter().filter(|report| !report.mistakes.is_empty()).count();
            match wrong {
                0 => println!("{}: nothing keeps them from going live.", count(reports.len(), "service")),
                n => println!("{}, of which {n} may not go live.", count(reports.len(), "service")),
            }
            return Ok(ExitCode::from(if wrong == 0 { 0 } else { MISTAKES }));
        }
        Service::Preview { file, out } => {
            let pages = setup::preview_service(&file, &out)?;
            println!(
                "{}: {}, beginning with {}",
                file.display(),
                count(pages, "page"),
                out.join("index.html").display()
            );
        }
        Service::Diff { old, new } => {
            let said = forms::diff(&version_of(&old)?, &version_of(&new)?)?;
            for line in &said {
                println!("{line}");
            }
            if said.is_empty() {
                println!("They say the same.");
            }
        }
        Service::ExportLinks { council } => {
            let db = database()?;
            let today = billing_date(now);
            let (directory, services) = db.router(|conn| Ok((tenancy::load(conn)?, forms::load(conn, today)?)))?;
            if let Some(council) = &council {
                authority(&directory, council)?;
            }
            let links = setup::local_links(&directory, &services, council.as_deref());
            print!("{}", links.csv);
            for line in &links.left_out {
                eprintln!("{line}");
            }
        }
        Service::Retire { council, service } => {
            let (db, known) = of(&council)?;
            setup::retire_service(&db, now, &known, &service)?;
            println!("{council}: the service {service} is retired; forms that were begun can be finished");
        }
        Service::List { council } => {
            let (db, known) = of(&council)?;
            let (versions, known) =
                db.scoped(Scope::own(known.id), |tx| Ok((forms::versions(tx)?, forms::known(tx)?)))?;
            for version in &versions {
                let how = version.state(&versions, billing_date(now));
                println!("{:<24} {:>3}  {how} {}", version.slug, version.version, long_date(version.from));
            }
            for (slug, _) in known.iter().filter(|(_, known)| known.draft.is_some()) {
                println!("{slug:<24}      draft");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A service as a file or the database has it: `tenants/marlhaven/services/pothole.toml`, `marlhaven/pothole@3`,
/// `marlhaven/pothole@draft`.
fn version_of(which: &str) -> anyhow::Result<Written> {
    let Some((service, version)) = which.rsplit_once('@').filter(|_| !Path::new(which).exists()) else {
        return setup::read_service(Path::new(which));
    };
    let (council, service) = service.split_once('/').context("write a file, or council/service@version")?;
    let db = database()?;
    let directory = db.router(tenancy::load)?;
    let owner = authority(&directory, council)?.id;
    let found = match version {
        "draft" => db.scoped(Scope::own(owner), |tx| forms::read_draft(tx, service))?,
        number => {
            let number =
                number.parse().with_context(|| format!("{number:?} is neither a version's number nor draft"))?;
            match db.scoped(Scope::own(owner), |tx| forms::published(tx, owner, service, number)) {
                Err(Error::NotFound) => None,
                found => Some(found?),
            }
        }
    };
    found.with_context(|| format!("{council} has no {which}"))
}
