//! `/operator`: the councils, and whether anything needs the operator.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use jiff::ToSpan as _;

use super::OPERATORS;
use crate::forms::Services;
use crate::kernel::{Language, billing_date};
use crate::platform::{Result, jobs, outbox};
use crate::site::{Area, Frame, Visit};
use crate::tenancy::{Authority, Current};

/// A job that has not succeeded for this many of its turns is late.
const LATE: i32 = 5;

struct Tenant {
    authority: std::sync::Arc<Authority>,
    address: String,
    services: Vec<String>,
}

/// Something that is as it should be, or is not.
struct Check {
    good: bool,
    what: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "operator/overview.html")]
struct OverviewPage {
    p: Frame,
    catches_mail: bool,
    checks: Vec<Check>,
    tenants: Vec<Tenant>,
    waiting: i64,
    dead: i64,
    sent_today: i64,
}

/// `GET /operator`
pub(super) async fn page(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let (me, ()) = visit.staff(OPERATORS, |_, _| Ok(())).await?;
    let (now, today) = (visit.now, billing_date(visit.now));
    let (queue, jobs, tally) =
        visit.with_db(move |db| Ok((outbox::health(db)?, jobs::list(db)?, jobs::tally_since(db, today)?))).await?;
    let waiting: i64 = queue.iter().map(|q| q.waiting).sum();
    let dead: i64 = queue.iter().map(|q| q.dead).sum();
    let oldest = queue.iter().filter_map(|q| q.oldest).map(jiff::Timestamp::from).min();
    let kept_up = oldest.is_none_or(|at| at > now - 5.minutes());
    let late: Vec<_> = jobs
        .iter()
        .filter(|job| job.finished_at.is_none_or(|at| at < now - job.every.max(super::queue::TURN) * LATE))
        .map(|job| job.name.as_str())
        .collect();
    let checks = vec![
        Check {
            good: kept_up,
            what: "The queue is being worked".to_owned(),
            detail: if kept_up {
                format!("{waiting} waiting")
            } else {
                "The oldest item has waited for over five minutes".to_owned()
            },
        },
        Check { good: dead == 0, what: "Nothing was set aside".to_owned(), detail: format!("{dead} set aside") },
        Check {
            good: !jobs.is_empty() && late.is_empty(),
            what: "Housekeeping runs".to_owned(),
            detail: match (jobs.is_empty(), late.is_empty()) {
                (true, _) => "No worker has ever run".to_owned(),
                (_, true) => format!("{} jobs on time", jobs.len()),
                _ => format!("Late: {}", late.join(", ")),
            },
        },
    ];
    let services = services.get();
    let config = &visit.site.config;
    let tenants = visit
        .site
        .directory
        .get()
        .iter()
        .filter(|authority| !authority.is_operator())
        .map(|authority| Tenant {
            address: authority.hosts.first().map(|host| config.link(host, "/")).unwrap_or_default(),
            services: services.of(authority.id).iter().map(|s| s.of(Language::En).name.clone()).collect(),
            authority: authority.clone(),
        })
        .collect();
    visit.ok(&OverviewPage {
        p: visit.staff_frame(Area::Operator, &me),
        catches_mail: config.mail_catcher.is_some(),
        checks,
        tenants,
        waiting,
        dead,
        sent_today: tally.iter().find(|(_, what, _)| what == "mail sent").map_or(0, |(_, _, n)| *n),
    })
}
