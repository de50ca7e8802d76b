//! `/commercial/agreements/{agreement}/levels/{level}`: how one service level was kept, month by month, and the cases that
//! missed it. Both parties read the same.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::service_name;
use crate::agreements::{self, Agreement, Measure, Reached, ServiceLevel};
use crate::forms::Services;
use crate::identity::Role;
use crate::kernel::time::in_london;
use crate::kernel::{Month, Quantity, billing_date};
use crate::metering::{self, Batches, EventFilter, Reach, UsageEvent};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

/// How many months are told.
const MONTHS: usize = 12;
/// More cases of a month than this are in the bill's own file of events.
const MOST: i64 = 500;

/// Whose cases are shown; what no page of ours makes is as if it were not there.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
}

#[derive(Template)]
#[template(path = "commercial/levels.html")]
struct LevelPage {
    p: Frame,
    agreement: Agreement,
    /// Its place in the agreement, from 1.
    n: usize,
    level: ServiceLevel,
    service: String,
    /// The newest first, with what was reached where anything was closed.
    months: Vec<(Month, Option<Reached>)>,
    this_month: Month,
    month: Month,
    events: Vec<Event>,
    is_private: bool,
    may_open_cases: bool,
    cases_of: String,
}

impl LevelPage {
    fn is_shown(&self, month: &Month) -> bool {
        *month == self.month
    }

    fn is_running(&self, month: &Month) -> bool {
        *month == self.this_month
    }

    /// The meter of what missed.
    fn missed(&self) -> &'static str {
        self.level.measure.meters().1
    }
}

/// A case that missed it, or a miss that was taken back.
struct Event {
    at: String,
    usage: UsageEvent,
}

/// What one transaction reads.
struct Read {
    agreement: Agreement,
    level: ServiceLevel,
    months: Vec<(Month, Option<Reached>)>,
    month: Month,
    events: Vec<UsageEvent>,
}

/// `GET /commercial/agreements/{agreement}/levels/{level}`
pub(super) async fn page(
    visit: Visit,
    which: Path<(Uuid, usize)>,
    asked: Query<Asked>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let ((id, n), asked) = (which.into_inner(), Month::parse(&asked.month));
    let this_month = Month::of(billing_date(visit.now));
    let (me, read) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id, n, this_month, asked)).await?;
    let Read { agreement, level, months, month, mut events } = read;
    let is_private = events.iter().any(|event| event.is_private);
    if is_private {
        // By day they would tell the day.
        events.sort_by(|a, b| a.reference.cmp(&b.reference));
    }
    let at = |event: &UsageEvent| {
        in_london(event.occurred_at).strftime(if event.is_private { "%b %Y" } else { "%-d %b %Y, %H:%M" }).to_string()
    };
    let directory = visit.site.directory.get();
    visit.ok(&LevelPage {
        p: visit.staff_frame(Area::Commercial, &me),
        n,
        service: service_name(&services.get(), agreement.consumer, &level.service),
        level,
        months,
        this_month,
        month,
        events: events.into_iter().map(|usage| Event { at: at(&usage), usage }).collect(),
        is_private,
        may_open_cases: me.has(&[Role::Officer]),
        cases_of: directory.by_id(agreement.consumer).map(|a| a.slug.clone()).unwrap_or_default(),
        agreement,
    })
}

fn read(tx: &mut Tx<'_>, id: Uuid, n: usize, this_month: Month, asked: Option<Month>) -> Result<Read> {
    let agreement = agreements::read(tx, id)?;
    let at = n.checked_sub(1).ok_or(Error::NotFound)?;
    let level = agreement.service_levels.get(at).cloned().ok_or(Error::NotFound)?;
    let back = std::iter::successors(Some(this_month), |month| Some(month.previous()));
    let first = Month::of(agreement.term.from);
    let months: Vec<Month> = back.take(MONTHS).take_while(|month| *month >= first).collect();
    let from = months.last().copied().unwrap_or(this_month);
    let days = metering::days(tx, &[(agreement.consumer, id)], from.first(), this_month.until())?;
    let (all, missed) = level.measure.meters();
    let sum = |month: Month, meter: &str| -> Quantity {
        let is_of = |day: &&metering::Day| {
            day.service == level.service && day.meter == meter && Month::of(day.billing_date) == month
        };
        days.iter().filter(is_of).map(|day| day.quantity).sum()
    };
    let months: Vec<(Month, Option<Reached>)> =
        months.into_iter().map(|month| (month, level.reached(sum(month, all), sum(month, missed)))).collect();
    let has_missed = |(_, reached): &&(Month, Option<Reached>)| reached.is_some_and(|r| r.kept != r.all);
    let last_missed = months.iter().find(has_missed).map_or(this_month, |(month, _)| *month);
    let month = asked.filter(|asked| months.iter().any(|(month, _)| month == asked)).unwrap_or(last_missed);
    let reach = Reach {
        consumer: agreement.consumer,
        agreement: id,
        from: month.first(),
        until: month.until(),
        batches: Batches::ALL,
    };
    let filter = EventFilter { reach, service: &level.service, meter: missed };
    let events = metering::events(tx, &filter, None, MOST)?;
    Ok(Read { level: level.clone(), months, month, events, agreement })
}
