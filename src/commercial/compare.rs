//! `/commercial/agreements/{agreement}/compare/{with}`: what changes between two variations of one agreement, in words and
//! in money. Both parties read the same.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::fields::Fault;
use super::{period, service_name};
use crate::agreements::{self, Agreement, Measure, ServiceLevel};
use crate::billing::{self, Counts, Difference, Months, Price, Side, Tariff};
use crate::forms::Services;
use crate::identity::{Role, Staff};
use crate::kernel::time::long_date;
use crate::kernel::{Month, Pence, Quantity, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Visit};
use crate::tenancy::{Current, Directory};

#[derive(Template)]
#[template(path = "commercial/compare.html")]
struct ComparePage {
    p: Frame,
    old: Agreement,
    new: Agreement,
    provider: String,
    consumer: String,
    /// Everything but the prices.
    terms: Vec<Difference>,
    /// The prices, by the days of the newer variation.
    prices: Vec<Difference>,
    rows: Vec<Row>,
    total: Cost,
    /// In how many of the months anything was counted.
    counted: usize,
    /// What was counted and has no price, in either variation.
    unpriced: Vec<(i32, Vec<(Counts, Quantity)>)>,
    services: Arc<Services>,
    directory: Arc<Directory>,
    /// The newer one is a draft of ours, and may be offered.
    proposal: Option<Proposal>,
    /// Why the draft was not offered.
    faults: Vec<Fault>,
}

/// A draft of the newer variation.
pub(super) struct Proposal {
    /// Of its pages.
    pub(super) address: String,
    /// By whom and when.
    pub(super) saved: Option<(String, String)>,
    pub(super) seen: String,
    pub(super) may_offer: bool,
}

/// A month of the same counts.
struct Row {
    month: Month,
    cost: Cost,
}

/// What it costs under either.
#[derive(Clone, Copy, Default)]
struct Cost {
    old: Pence,
    new: Pence,
}

impl Cost {
    fn more(self) -> Pence {
        self.new - self.old
    }

    fn less(self) -> Pence {
        self.old - self.new
    }
}

impl ComparePage {
    fn service(&self, slug: &str) -> String {
        service_name(&self.services, self.new.consumer, slug)
    }

    fn council(&self, slug: &str) -> String {
        self.directory.by_slug(slug).map_or_else(|| slug.to_owned(), |council| council.name.clone())
    }

    /// The service that a price counts.
    fn counts(&self, price: &Price) -> Option<String> {
        price.shape.counts().map(|of| self.service(&of.service))
    }
}

/// What one transaction reads: two variations, the older first, the prices of each, and what was counted.
pub(super) struct Compared {
    variations: [Agreement; 2],
    tariffs: [Vec<Tariff>; 2],
    months: Months,
}

impl Compared {
    /// What was counted under any of these variations before a month, for two of them or for one and a draft.
    pub(super) fn read(
        tx: &mut Tx<'_>,
        family: &[Agreement],
        variations: [Agreement; 2],
        tariffs: [Vec<Tariff>; 2],
        before: Month,
    ) -> Result<Compared> {
        let by_item = tariffs.iter().flatten().flat_map(|tariff| &tariff.prices).any(|price| price.shape.is_by_item());
        let months = billing::last_year(tx, family, before, by_item)?;
        Ok(Compared { variations, tariffs, months })
    }
}

fn read(tx: &mut Tx<'_>, ids: [Uuid; 2], before: Month) -> Result<Compared> {
    let all = agreements::list(tx)?;
    let one = all.iter().find(|a| a.id == ids[0]).ok_or(Error::NotFound)?;
    let is_ours =
        |a: &&Agreement| (a.provider, a.consumer, &a.reference) == (one.provider, one.consumer, &one.reference);
    let family: Vec<Agreement> = all.iter().filter(is_ours).cloned().collect();
    let mut two: Vec<Agreement> = family.iter().filter(|a| ids.contains(&a.id)).cloned().collect();
    two.sort_by_key(|a| a.variation);
    let variations = <[Agreement; 2]>::try_from(two).map_err(|_| Error::NotFound)?;
    let mut of = |a: &Agreement| -> Result<Vec<Tariff>> { billing::tariffs_of(tx, a.id) };
    let tariffs = [of(&variations[0])?, of(&variations[1])?];
    Compared::read(tx, &family, variations, tariffs, before)
}

/// `GET /commercial/agreements/{agreement}/compare/{with}`, in either order.
pub(super) async fn page(
    visit: Visit,
    which: Path<(Uuid, Uuid)>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (one, other) = which.into_inner();
    let this_month = Month::of(billing_date(visit.now));
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, [one, other], this_month)).await?;
    show(&visit, &me, found, services.get(), None)
}

pub(super) fn show(
    visit: &Visit,
    me: &Staff,
    found: Compared,
    services: Arc<Services>,
    draft: Option<(Proposal, Vec<Fault>)>,
) -> Result<HttpResponse> {
    let Compared { variations: [old, new], tariffs: [before, after], months } = found;
    let differences =
        billing::differences(Side { agreement: &old, tariffs: &before }, Side { agreement: &new, tariffs: &after });
    let (prices, terms): (Vec<_>, Vec<_>) =
        differences.into_iter().partition(|one| matches!(one, Difference::Prices { .. }));
    let costs = billing::cost_over(&months, &before, &old.service_levels)?;
    let costs = costs.into_iter().zip(billing::cost_over(&months, &after, &new.service_levels)?);
    let rows: Vec<Row> = costs.map(|((month, old), (_, new))| Row { month, cost: Cost { old, new } }).collect();
    let levels: Vec<ServiceLevel> = [old.service_levels.as_slice(), &new.service_levels].concat();
    let unpriced = [(old.variation, &before), (new.variation, &after)]
        .map(|(variation, tariffs)| (variation, billing::unpriced_over(&months, tariffs, &levels)));
    let directory = visit.site.directory.get();
    let (proposal, faults) = draft.map_or((None, Vec::new()), |(proposal, faults)| (Some(proposal), faults));
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = ComparePage {
        p: visit.staff_frame(Area::Commercial, me),
        provider: directory.name(new.provider).to_owned(),
        consumer: directory.name(new.consumer).to_owned(),
        old,
        new,
        terms,
        prices,
        total: Cost { old: rows.iter().map(|row| row.cost.old).sum(), new: rows.iter().map(|row| row.cost.new).sum() },
        rows,
        counted: months.iter().filter(|(_, used)| !used.is_empty()).count(),
        unpriced: unpriced.into_iter().filter(|(_, counts)| !counts.is_empty()).collect(),
        services,
        directory,
        proposal,
        faults,
    };
    visit.html(status, &page)
}
