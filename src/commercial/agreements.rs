//! `/commercial/agreements`: every agreement we are party to, and each as both parties read it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::{period, service_name};
use crate::agreements::{self, Agreement, Signature, State};
use crate::billing::{self, DocumentFilter, Heading, Price, Tariff};
use crate::forms::Services;
use crate::identity::Role;
use crate::kernel::billing_date;
use crate::kernel::time::long_date;
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "commercial/agreements.html")]
struct ListPage {
    p: Frame,
    rows: Vec<Row>,
}

struct Row {
    id: Uuid,
    reference: String,
    variation: i32,
    title: String,
    partner: String,
    is_ours: bool,
    term: String,
    state: State,
}

/// `GET /commercial/agreements`
pub(super) async fn list(visit: Visit) -> Result<HttpResponse> {
    let (me, all) = visit.staff(Role::COMMERCIAL, |tx, _| agreements::list(tx)).await?;
    let (directory, here, today) = (visit.site.directory.get(), visit.here.id, billing_date(visit.now));
    let rows = all.into_iter().map(|a| Row {
        partner: directory.name(a.partner_of(here)).to_owned(),
        is_ours: a.provider == here,
        term: period(a.term.from, a.term.until),
        state: a.state(today),
        id: a.id,
        reference: a.reference,
        variation: a.variation,
        title: a.title,
    });
    visit.ok(&ListPage { p: visit.staff_frame(Area::Commercial, &me), rows: rows.collect() })
}

#[derive(Template)]
#[template(path = "commercial/agreement.html")]
struct OnePage {
    p: Frame,
    agreement: Agreement,
    state: State,
    term: String,
    provider: String,
    consumer: String,
    is_ours: bool,
    services: Vec<Counted>,
    tariffs: Vec<Prices>,
    parties: Vec<Party>,
    variations: Vec<(Uuid, i32, State)>,
    bills: Vec<Heading>,
    late_events: i64,
}

/// A service, and why a count of it is taken back.
struct Counted {
    name: String,
    meter: String,
    reversed_when: Vec<String>,
}

/// A tariff version, with its days.
struct Prices {
    version: i32,
    days: String,
    is_now: bool,
    prices: Vec<(Option<String>, Price)>,
}

/// A party and its signature, if it has signed.
struct Party {
    name: String,
    signature: Option<Signature>,
}

/// `GET /commercial/agreements/{agreement}`
pub(super) async fn one(visit: Visit, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let id = *id;
    let (me, (agreement, all, tariffs, bills, late_events)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let agreement = agreements::read(tx, id)?;
            let all = agreements::list(tx)?;
            let tariffs = billing::tariffs(tx, Some(id))?;
            let filter = DocumentFilter { agreement: Some(id), limit: 12, ..DocumentFilter::default() };
            let bills = billing::documents(tx, filter)?;
            let late_events = billing::late_events(tx, &agreement)?;
            Ok((agreement, all, tariffs, bills, late_events))
        })
        .await?;
    let (directory, services, today) = (visit.site.directory.get(), services.get(), billing_date(visit.now));
    let name = |slug: &str| service_name(&services, agreement.consumer, slug);
    let counted = agreement.services.iter().map(|service| Counted {
        name: name(&service.slug),
        meter: service.meter.clone(),
        reversed_when: service.reversed_when.clone(),
    });
    let prices = tariffs.into_iter().map(|(_, tariff)| prices(tariff, today, name));
    let family = |a: &&Agreement| {
        (a.provider, a.consumer, &a.reference) == (agreement.provider, agreement.consumer, &agreement.reference)
    };
    let mut variations: Vec<_> = all.iter().filter(family).map(|a| (a.id, a.variation, a.state(today))).collect();
    variations.sort_by_key(|(_, variation, _)| *variation);
    let party =
        |party| Party { name: directory.name(party).to_owned(), signature: agreement.signed_by(party).cloned() };
    visit.ok(&OnePage {
        p: visit.staff_frame(Area::Commercial, &me),
        state: agreement.state(today),
        term: period(agreement.term.from, agreement.term.until),
        provider: directory.name(agreement.provider).to_owned(),
        consumer: directory.name(agreement.consumer).to_owned(),
        is_ours: agreement.provider == visit.here.id,
        services: counted.collect(),
        tariffs: prices.collect(),
        parties: vec![party(agreement.provider), party(agreement.consumer)],
        variations,
        bills,
        late_events,
        agreement,
    })
}

fn prices(tariff: Tariff, today: jiff::civil::Date, name: impl Fn(&str) -> String) -> Prices {
    let service = |price: &Price| match price {
        Price::Unit { service, .. } => Some(name(service)),
        Price::Standing { .. } => None,
    };
    Prices {
        version: tariff.version,
        days: period(tariff.days.from, tariff.days.until),
        is_now: tariff.days.holds(today),
        prices: tariff.prices.into_iter().map(|price| (service(&price), price)).collect(),
    }
}
