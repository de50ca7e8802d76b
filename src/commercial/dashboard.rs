//! `/commercial`: what a month comes to so far on both sides, and what waits for somebody.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::chart::{Chart, WIDTH, draw};
use super::service_name;
use crate::agreements::{self, Agreement, Notice, State};
use crate::billing::{
    self, Actual, Aged, Balance, Dispute, MonthTotal, Outlook, Part, Rated, Remittance, Run, SoFar, Standing, Which,
};
use crate::forms::Services;
use crate::identity::Role;
use crate::kernel::time::{financial_year, long_date};
use crate::kernel::{AuthorityId, Month, Pence, Quantity, billing_date};
use crate::platform::{Result, Tx};
use crate::site::{Area, Frame, Visit};
use crate::tenancy::{Current, Directory};

/// How many months the chart shows, and the select offers.
const MONTHS: usize = 6;
/// How much of what waits is listed.
const NEEDS: usize = 25;

/// What the address says; a month that is none is as if it were not there.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
}

#[derive(Template)]
#[template(path = "commercial/dashboard.html")]
struct DashboardPage {
    p: Frame,
    month: Month,
    is_this_month: bool,
    year: i16,
    months: Vec<Month>,
    has_agreements: bool,
    earned: Option<Side>,
    owed: Option<Side>,
    drafts: usize,
    /// What is late: owed to us, and by us; none where nothing is. All with VAT.
    late: (Pence, Pence),
    /// What is in review, and in dispute, likewise.
    in_review: (Pence, Pence),
    held: (Pence, Pence),
    /// What was budgeted to be earned and to be spent, and what it comes to so far; none where nothing was.
    budgets: Option<Vec<Budgeted>>,
    history: Vec<Past>,
    chart: Chart,
    chart_is_of_income: bool,
    needs: Vec<Need>,
    /// How much more waits than is listed.
    more: usize,
}

/// The budgets of one side together.
struct Budgeted {
    is_income: bool,
    budget: Pence,
    so_far: Pence,
    /// What it comes to by the year's end.
    year_end: Pence,
}

/// What a month comes to under the agreements in which we stand on one side.
#[derive(Default)]
struct Side {
    total: Pence,
    before: Pence,
    /// What it will come to by its end, of this month.
    month_end: Option<Pence>,
    counted: Quantity,
    /// What was billed for the months of the financial year.
    billed: Pence,
    rows: Vec<Row>,
}

/// An agreement in a side's table.
struct Row {
    id: Uuid,
    reference: String,
    partner: String,
    total: Pence,
    lines: Vec<Line>,
    unpriced: usize,
}

/// A line of it.
struct Line {
    what: String,
    counted: Option<String>,
    price: String,
    net: Pence,
}

/// A month of the chart's table.
struct Past {
    month: Month,
    earned: Pence,
    owed: Pence,
    is_open: bool,
}

/// Something to do.
enum Need {
    /// With the last day on which its consumer may object, if it reads it.
    Issue {
        run: Uuid,
        partner: String,
        month: Month,
        until: Option<Date>,
    },
    Prepare {
        agreement: Uuid,
        partner: String,
        month: Month,
    },
    Sign {
        agreement: Uuid,
        reference: String,
        partner: String,
    },
    Review {
        run: Uuid,
        partner: String,
        month: Month,
        until: Date,
    },
    Confirm {
        payment: Uuid,
        partner: String,
        amount: Pence,
    },
    Pay {
        document: Uuid,
        number: String,
        partner: String,
        due: Pence,
        held: Pence,
        due_on: Date,
        is_late: bool,
    },
    Late {
        partner: String,
        slug: String,
        amount: Pence,
    },
    Settle {
        dispute: Uuid,
        partner: String,
        amount: Pence,
        /// A first officer has proposed how.
        is_proposed: bool,
        escalated_on: Option<Date>,
    },
    /// What we doubt, or somebody else of ours settles, before the agreement's contacts.
    Escalated {
        dispute: Uuid,
        partner: String,
        amount: Pence,
        on: Date,
    },
    /// Thresholds of budgets that nobody has seen yet.
    Budget {
        alerts: usize,
    },
    /// An agreement that both should have looked at again by that day.
    LookAgain {
        agreement: Uuid,
        reference: String,
        partner: String,
        by: Date,
    },
    Ending {
        agreement: Uuid,
        reference: String,
        partner: String,
        until: Date,
        notice_by: Date,
        is_near: bool,
    },
}

/// What one transaction reads.
struct Read {
    agreements: Vec<Agreement>,
    so_far: Vec<SoFar>,
    before: Vec<SoFar>,
    totals: Vec<MonthTotal>,
    drafts: Vec<Run>,
    unprepared: Vec<(usize, Month)>,
    /// Bills on which something is owed, in both directions.
    open: Vec<Balance>,
    in_review: Vec<Run>,
    /// Payments whose provider has not said that they came.
    advised: Vec<Remittance>,
    disputes: Vec<Dispute>,
    amounts_in_review: (Pence, Pence),
    /// Of this month alone.
    outlooks: Vec<(usize, Outlook)>,
    budgets: Vec<Actual>,
    unseen: usize,
}

/// `GET /commercial`
pub(super) async fn page(visit: Visit, asked: Query<Asked>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let today = billing_date(visit.now);
    let this_month = Month::of(today);
    let months: Vec<Month> =
        std::iter::successors(Some(this_month), |month| Some(month.previous())).take(MONTHS).collect();
    let month = Month::parse(&asked.month).filter(|month| months.contains(month)).unwrap_or(this_month);
    let year = financial_year(month.first());
    let year_begins = Date::new(year, 4, 1).map_or(month, Month::of);
    let first = months.last().copied().unwrap_or(this_month).min(year_begins);
    let (me, read) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, today, month, first)).await?;
    let directory = visit.site.directory.get();
    let (here, services) = (visit.here.id, services.get());
    let mut needs = if month == this_month { needs(&read, &directory, here, today, &me.roles) } else { Vec::new() };
    let more = needs.len().saturating_sub(NEEDS);
    needs.truncate(NEEDS);
    let names = Names { directory: &directory, services: &services, here };
    let earned = side(&read, &names, year_begins, true);
    let owed = side(&read, &names, year_begins, false);
    let history = history(&read, here, &months, month);
    let chart_is_of_income = earned.is_some();
    let bars: Vec<_> = history
        .iter()
        .map(|past| (past.month, if chart_is_of_income { past.earned } else { past.owed }, past.is_open))
        .collect();
    let overdue =
        |is_income: bool| Aged::of(read.open.iter().filter(|b| (b.provider == here) == is_income), today).overdue();
    visit.ok(&DashboardPage {
        p: visit.staff_frame(Area::Commercial, &me),
        month,
        is_this_month: month == this_month,
        year,
        months,
        has_agreements: !read.agreements.is_empty(),
        earned,
        owed,
        drafts: read.drafts.len(),
        late: (overdue(true), overdue(false)),
        in_review: read.amounts_in_review,
        held: (held(&read, here, true), held(&read, here, false)),
        budgets: (month == this_month)
            .then(|| [false, true].into_iter().filter_map(|side| budgeted(&read, side)).collect()),
        chart: draw(&bars),
        history,
        chart_is_of_income,
        needs,
        more,
    })
}

fn read(tx: &mut Tx<'_>, today: Date, month: Month, first: Month) -> Result<Read> {
    let agreements = agreements::list(tx)?;
    if agreements.is_empty() {
        return Ok(Read {
            agreements,
            so_far: Vec::new(),
            before: Vec::new(),
            totals: Vec::new(),
            drafts: Vec::new(),
            unprepared: Vec::new(),
            open: Vec::new(),
            in_review: Vec::new(),
            advised: Vec::new(),
            disputes: Vec::new(),
            amounts_in_review: (Pence(0), Pence(0)),
            outlooks: Vec::new(),
            budgets: Vec::new(),
            unseen: 0,
        });
    }
    let (mut outlooks, mut budgets, mut unseen) = (Vec::new(), Vec::new(), 0);
    if month == Month::of(today) {
        outlooks = billing::forecasts(tx, &agreements, today)?;
        budgets = billing::actuals(tx, &agreements, &outlooks, today)?;
        unseen = billing::alerts(tx, financial_year(today))?.iter().filter(|alert| alert.seen_by.is_none()).count();
    }
    Ok(Read {
        amounts_in_review: billing::amounts_in_review(tx)?,
        outlooks,
        budgets,
        unseen,
        open: billing::balances(tx, Which::Open)?,
        in_review: billing::in_review(tx)?,
        advised: billing::advised(tx)?,
        so_far: billing::so_far(tx, &agreements, month)?,
        before: billing::so_far(tx, &agreements, month.previous())?,
        totals: billing::month_totals(tx, first)?,
        drafts: billing::drafts(tx)?,
        unprepared: billing::unprepared(tx, &agreements, today)?,
        disputes: billing::open_disputes(tx)?,
        agreements,
    })
}

/// What things are called.
struct Names<'a> {
    directory: &'a Directory,
    services: &'a Services,
    here: AuthorityId,
}

/// Our side's table, if we stand on that side of any agreement that binds in the month.
fn side(read: &Read, names: &Names<'_>, year_begins: Month, is_income: bool) -> Option<Side> {
    let is_ours = |provider: AuthorityId| (provider == names.here) == is_income;
    let mine = |so_far: &&SoFar| read.agreements.get(so_far.at).is_some_and(|a| is_ours(a.provider));
    let mut side = Side::default();
    for so_far in read.so_far.iter().filter(mine) {
        let agreement = read.agreements.get(so_far.at)?;
        side.total += so_far.rated.net();
        side.counted += so_far.counted;
        side.rows.push(Row {
            id: agreement.id,
            reference: agreement.reference.clone(),
            partner: names.directory.name(agreement.partner_of(names.here)).to_owned(),
            total: so_far.rated.net(),
            lines: lines(&so_far.rated, names.services, agreement.consumer),
            unpriced: so_far.rated.unpriced.len(),
        });
    }
    side.before = read.before.iter().filter(mine).map(|so_far| so_far.rated.net()).sum();
    let outlooks = read.outlooks.iter().filter(|(at, _)| read.agreements.get(*at).is_some_and(|a| is_ours(a.provider)));
    let ends: Vec<Pence> = outlooks.map(|(_, outlook)| outlook.month_end()).collect();
    side.month_end = (!ends.is_empty()).then(|| ends.into_iter().sum());
    let billed = read.totals.iter().filter(|total| is_ours(total.provider) && total.month >= year_begins);
    side.billed = billed.map(|total| total.net).sum();
    (!side.rows.is_empty()).then_some(side)
}

/// What is in dispute of our bills, or of those that we are sent.
fn held(read: &Read, here: AuthorityId, is_income: bool) -> Pence {
    read.open.iter().filter(|bill| (bill.provider == here) == is_income).map(|bill| bill.held).sum()
}

/// What has a budget, together.
fn budgeted(read: &Read, is_income: bool) -> Option<Budgeted> {
    let of = || read.budgets.iter().filter(|actual| actual.key.is_income == is_income && actual.budget.is_some());
    of().next()?;
    Some(Budgeted {
        is_income,
        budget: of().filter_map(|actual| actual.budget).sum(),
        so_far: of().map(|actual| actual.billed() + actual.unbilled()).sum(),
        year_end: of().map(Actual::year_end).sum(),
    })
}

fn lines(rated: &Rated, services: &Services, consumer: AuthorityId) -> Vec<Line> {
    let line = |line: &billing::Line| Line {
        what: match (&line.charge.of, line.charge.part) {
            (Some(of), Part::Units) => service_name(services, consumer, &of.service),
            _ => line.description.clone(),
        },
        counted: line.charge.part.is_counted().then(|| line.quantity.to_string()),
        price: match line.charge.part {
            part if part.is_counted() => format!("{} each", line.unit_rate),
            Part::Fee => format!("{} a month", line.unit_rate),
            _ => String::new(),
        },
        net: line.net,
    };
    rated.lines.iter().map(line).collect()
}

/// Both sides by month, oldest first: what was billed, and of the month shown and the one before also what other
/// agreements come to that are not billed yet.
fn history(read: &Read, here: AuthorityId, months: &[Month], shown: Month) -> Vec<Past> {
    let of = |month: Month, is_income: bool| -> (Pence, bool) {
        let is_ours = |provider: AuthorityId| (provider == here) == is_income;
        let billed: Vec<&MonthTotal> =
            read.totals.iter().filter(|total| total.month == month && is_ours(total.provider)).collect();
        let rated: &[SoFar] = match month {
            month if month == shown => &read.so_far,
            month if month == shown.previous() => &read.before,
            _ => &[],
        };
        let open: Vec<Pence> = rated
            .iter()
            .filter(|so_far| {
                read.agreements.get(so_far.at).is_some_and(|agreement| {
                    is_ours(agreement.provider) && !billed.iter().any(|total| total.agreement_id == agreement.id)
                })
            })
            .map(|so_far| so_far.rated.net())
            .collect();
        let sum = billed.iter().map(|total| total.net).chain(open.iter().copied()).sum();
        (sum, !open.is_empty())
    };
    let past = |month: &Month| {
        let ((earned, earned_is_open), (owed, owed_is_open)) = (of(*month, true), of(*month, false));
        Past { month: *month, earned, owed, is_open: earned_is_open || owed_is_open }
    };
    // Months before anything happened would only be empty.
    let all = months.iter().rev().map(past);
    let mut shown: Vec<Past> = all.skip_while(|past| past.earned == Pence(0) && past.owed == Pence(0)).collect();
    if shown.is_empty() {
        shown.extend(months.first().map(past));
    }
    shown
}

/// What others owe us and have not paid in time, by council.
fn late(read: &Read, directory: &Directory, here: AuthorityId, today: Date) -> Vec<Need> {
    let mut partners: Vec<AuthorityId> =
        read.open.iter().filter(|bill| bill.provider == here).map(|bill| bill.consumer).collect();
    partners.sort_unstable();
    partners.dedup();
    let need = |partner: AuthorityId| {
        let theirs = read.open.iter().filter(|bill| bill.provider == here && bill.consumer == partner);
        let amount = Aged::of(theirs, today).overdue();
        let authority = directory.by_id(partner).filter(|_| amount.0 > 0)?;
        Some(Need::Late { partner: authority.short_name.clone(), slug: authority.slug.clone(), amount })
    };
    partners.into_iter().filter_map(need).collect()
}

/// An open dispute, for whoever of ours settles it; one that was escalated for everybody who speaks for us.
fn doubt(dispute: &Dispute, directory: &Directory, here: AuthorityId, roles: &[Role]) -> Option<Need> {
    let (id, amount, is_ours) = (dispute.id, dispute.amount, dispute.provider == here);
    let partner = directory.short_name(if is_ours { dispute.consumer } else { dispute.provider }).to_owned();
    let escalated_on = dispute.escalated().map(|entry| billing_date(entry.at));
    let speaks = roles.contains(&Role::Approver) || roles.contains(&Role::Preparer);
    let is_proposed = dispute.proposal().is_some();
    let may_propose = dispute.is_private && !is_proposed && speaks && roles.contains(&Role::Safeguarding);
    if is_ours && (roles.contains(&Role::Approver) || may_propose) {
        return Some(Need::Settle { dispute: id, partner, amount, is_proposed, escalated_on });
    }
    let on = escalated_on.filter(|_| speaks)?;
    Some(Need::Escalated { dispute: id, partner, amount, on })
}

fn needs(read: &Read, directory: &Arc<Directory>, here: AuthorityId, today: Date, roles: &[Role]) -> Vec<Need> {
    let partner = |a: &Agreement| directory.short_name(a.partner_of(here)).to_owned();
    let mut needs = Vec::new();
    if roles.contains(&Role::Approver) || roles.contains(&Role::Preparer) {
        needs.extend(read.drafts.iter().map(|run| Need::Issue {
            run: run.id,
            partner: directory.short_name(run.consumer).to_owned(),
            month: run.month,
            until: run.review_until,
        }));
        let theirs = read.in_review.iter().filter(|run| run.consumer == here);
        needs.extend(theirs.filter_map(|run| {
            let partner = directory.short_name(run.provider).to_owned();
            Some(Need::Review { run: run.id, partner, month: run.month, until: run.review_until? })
        }));
        let came = read.advised.iter().filter(|paid| paid.pair.provider == here && paid.paid_on <= today);
        needs.extend(came.map(|paid| Need::Confirm {
            payment: paid.id,
            partner: directory.short_name(paid.pair.consumer).to_owned(),
            amount: paid.amount,
        }));
    }
    if roles.contains(&Role::Preparer) {
        let of = |(at, month): &(usize, Month)| {
            let agreement = read.agreements.get(*at)?;
            Some(Need::Prepare { agreement: agreement.id, partner: partner(agreement), month: *month })
        };
        needs.extend(read.unprepared.iter().filter_map(of));
    }
    needs.extend(read.disputes.iter().filter_map(|dispute| doubt(dispute, directory, here, roles)));
    let waits_for_us = |a: &&Agreement| a.state(today) == State::Offered && a.signed_by(here).is_none();
    needs.extend(read.agreements.iter().filter(waits_for_us).map(|a| Need::Sign {
        agreement: a.id,
        reference: a.reference.clone(),
        partner: partner(a),
    }));
    needs.extend(read.open.iter().filter(|bill| bill.consumer == here).filter_map(|bill| {
        Some(Need::Pay {
            document: bill.document_id,
            number: bill.number.clone(),
            partner: directory.short_name(bill.provider).to_owned(),
            due: Some(bill.due() - bill.advised).filter(|due| due.0 > 0)?,
            held: bill.held,
            due_on: bill.next_due().unwrap_or(bill.due_on),
            is_late: matches!(bill.standing(today), Standing::Overdue(_)),
        })
    }));
    needs.extend(late(read, directory, here, today));
    needs.extend((read.unseen > 0).then_some(Need::Budget { alerts: read.unseen }));
    for agreement in &read.agreements {
        let (agreement_id, reference) = (agreement.id, agreement.reference.clone());
        needs.extend(agreement.notices(today).into_iter().filter_map(|notice| {
            let (reference, partner) = (reference.clone(), partner(agreement));
            let (until, notice_by) = (agreement.term.until, agreement.notice_by());
            let ending = |is_near| Need::Ending {
                agreement: agreement_id,
                reference: reference.clone(),
                partner: partner.clone(),
                until,
                notice_by,
                is_near,
            };
            match notice {
                Notice::Ending => Some(ending(false)),
                Notice::LastDays => Some(ending(true)),
                Notice::Review => {
                    let by = agreement.running.review_on?;
                    Some(Need::LookAgain { agreement: agreement_id, reference, partner, by })
                }
            }
        }));
    }
    needs
}
