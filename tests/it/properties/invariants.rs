//! The fifteen invariants of `reference/billing.md` §4.2, each by its name, and what `moothall verify` looks at.

use std::collections::{BTreeMap, BTreeSet};

use diesel::RunQueryDsl;
use jiff::civil::Date;
use moothall::agreements::Term;
use moothall::billing::{
    self, Account, Carried, Counts, Document, Line, Part, Price, Shape, Tariff, Used, VatCategory, Which,
};
use moothall::kernel::money::round_half_away;
use moothall::kernel::{Month, Pence, Quantity, billing_date};
use moothall::metering::EventDigest;
use moothall::platform::verify::Check;
use moothall::platform::{Error, Scope};
use moothall::{ledger, metering};
use proptest::test_runner::TestCaseError;

use super::life::Life;

/// What is wrong, or nothing.
type Held = Result<(), String>;
type Invariant = (&'static str, fn(&Life<'_>) -> Held);

const INVARIANTS: [Invariant; 16] = [
    ("1, once", once),
    ("2, reversal", reversal),
    ("3, determinism", determinism),
    ("4, partition", partition),
    ("5, rollup = events", rollup),
    ("6, re-rate convergence", convergence),
    ("7, monotone", monotone),
    ("8, bounds", bounds),
    ("9, shares", shares),
    ("10, totals", totals),
    ("11, credit closure", credit_closure),
    ("12, balance", balance),
    ("13, immutability", immutability),
    ("14, gapless", gapless),
    ("15, trace and isolation", trace_and_isolation),
    ("of moothall verify", verify),
];

/// Looks at every one of them.
pub fn check(life: &Life<'_>) -> Result<(), TestCaseError> {
    for (name, holds) in INVARIANTS {
        holds(life).map_err(|why| TestCaseError::fail(format!("invariant {name}: {why}")))?;
    }
    Ok(())
}

fn is(ok: bool, why: impl FnOnce() -> String) -> Held {
    if ok { Ok(()) } else { Err(why()) }
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// The texts that a query finds, as the server's role in an authority's scope.
fn texts(life: &Life<'_>, scope: Scope, sql: &str) -> Vec<String> {
    let rows: Vec<Row> = life.db.scoped(scope, |tx| Ok(diesel::sql_query(sql).load(tx.conn)?)).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

fn consumers(life: &Life<'_>, sql: &str) -> Vec<String> {
    texts(life, Scope::own(life.consumer), sql)
}

fn breaches(checks: &[Check], only: Option<&str>) -> Held {
    let looked = checks.iter().filter(|check| only.is_none_or(|name| check.name.starts_with(name)));
    let found: Vec<String> =
        looked.flat_map(|c| c.breaches.iter().map(move |breach| format!("{}: {breach}", c.name))).collect();
    is(found.is_empty(), || found.join("; "))
}

fn once(life: &Life<'_>) -> Held {
    let counted = consumers(life, "select id::text as text from usage_event where reversal_of is null order by 1");
    let mut known: Vec<String> = life.items.iter().filter_map(|item| item.event).map(|id| id.to_string()).collect();
    known.sort();
    is(counted == known, || format!("{counted:?} are counted, {known:?} were sent"))
}

fn reversal(life: &Life<'_>) -> Held {
    let back = consumers(
        life,
        "select r.reversal_of::text as text from usage_event r join usage_event e on e.tenant_id = r.tenant_id and e.id = r.reversal_of \
         where r.quantity = -e.quantity and r.value_pence = -e.value_pence and r.agreement_id = e.agreement_id \
           and r.service = e.service and r.meter = e.meter and r.billing_date = e.billing_date order by 1",
    );
    let all = consumers(life, "select id::text as text from usage_event where reversal_of is not null");
    let taken_back = life.items.iter().filter(|item| item.is_back).filter_map(|item| item.event);
    let mut known: Vec<String> = taken_back.map(|id| id.to_string()).collect();
    known.sort();
    is(back == known && all.len() == known.len(), || {
        format!("{back:?} and {} in all are taken back, {known:?} were", all.len())
    })
}

/// The months of a term, in order.
fn months(life: &Life<'_>) -> Vec<Month> {
    let all = std::iter::successors(Some(Month::of(life.history.term.from)), |month| Some(month.next()));
    all.take_while(|month| month.first() < life.history.term.until).collect()
}

fn used(life: &Life<'_>) -> Vec<Used> {
    let of = |item: &super::life::Item| Used {
        date: billing_date(item.at),
        of: Counts { service: item.service.to_owned(), meter: item.meter.to_owned() },
        quantity: item.quantity,
        value: item.value,
        items: 1,
    };
    life.live().into_iter().map(of).collect()
}

/// What each month of the term comes to, if this is all that was used.
fn rated(life: &Life<'_>, used: &[Used]) -> BTreeMap<Month, Vec<Line>> {
    let mut carried = Carried::default();
    let of = |month: Month| {
        let used: Vec<Used> = used.iter().filter(|one| Month::of(one.date) == month).cloned().collect();
        let account = Account {
            used: &used,
            levels: &[],
            outturns: &[],
            tariffs: &life.tariffs,
            month,
            binds: life.history.term,
        };
        (month, billing::rate(account, &mut carried).unwrap().lines)
    };
    months(life).into_iter().map(of).collect()
}

fn determinism(life: &Life<'_>) -> Held {
    let used = used(life);
    let first = rated(life, &used);
    let (mut back, mut turned) = (used.clone(), used.clone());
    back.reverse();
    turned.rotate_left(used.len() / 3);
    is(first == rated(life, &back) && first == rated(life, &turned), || {
        "another order comes to another bill".to_owned()
    })
}

fn partition(life: &Life<'_>) -> Held {
    let months = months(life);
    for pair in months.windows(2) {
        is(pair[0].bounds().1 == pair[1].bounds().0, || format!("{} does not end where {} begins", pair[0], pair[1]))?;
    }
    for item in life.items.iter().filter(|item| item.event.is_some()) {
        let within: Vec<&Month> = months.iter().filter(|m| m.bounds().0 <= item.at && item.at < m.bounds().1).collect();
        is(within == [&Month::of(billing_date(item.at))], || format!("{item:?} is in {within:?}"))?;
    }
    for scope in [life.provider, life.consumer].map(Scope::own) {
        let waiting = life.db.scoped(scope, |tx| billing::waiting(tx, 10_000)).unwrap();
        let waiting: BTreeSet<&str> = waiting.iter().map(billing::Waiting::source_ref).collect();
        is(waiting == life.waiting(), || format!("{waiting:?} wait where {:?} should", life.waiting()))?;
    }
    Ok(())
}

fn rollup(life: &Life<'_>) -> Held {
    let pending = life
        .database
        .texts(&format!("select event_id::text as text from usage_pending where tenant_id = '{}'", life.consumer));
    is(pending.is_empty(), || format!("{pending:?} wait for a batch after the last run"))?;
    breaches(&metering::verify(&life.db, &[life.consumer]).unwrap(), Some("daily sums"))
}

type Groups = BTreeMap<(Month, VatCategory, i32), i64>;

fn groups<'a>(lines: impl Iterator<Item = (Month, &'a Line)>) -> Groups {
    let mut sums = Groups::new();
    for (month, line) in lines {
        *sums.entry((month, line.vat.category, line.vat.basis_points)).or_default() += line.net.0;
    }
    sums.retain(|_, net| *net != 0);
    sums
}

/// The bills, without credit notes.
fn bills(life: &Life<'_>) -> Vec<Document> {
    let all = life.documents(false).into_iter();
    all.filter(|document| document.run_id.is_some() && document.issued_at.is_some()).collect()
}

fn convergence(life: &Life<'_>) -> Held {
    let bills = bills(life);
    let lines = bills.iter().flat_map(|bill| &bill.snapshot.lines);
    let billed = groups(lines.map(|billed| (Month::of(billed.line.from), &billed.line)));
    let rated = rated(life, &used(life));
    let due = groups(rated.iter().flat_map(|(month, lines)| lines.iter().map(|line| (*month, line))));
    let other = |a: &Groups, b: &Groups| {
        a.iter().filter(|(k, v)| b.get(*k) != Some(*v)).map(|(k, v)| (*k, *v)).collect::<Vec<_>>()
    };
    is(billed == due, || {
        format!("billed {:?}, where all that was used comes to {:?}", other(&billed, &due), other(&due, &billed))
    })
}

/// What a month comes to under one price alone.
fn alone(price: &Price, quantity: i64) -> i64 {
    let always = Term { from: Date::constant(2026, 4, 1), until: Date::constant(2026, 5, 1) };
    let tariff = Tariff { id: uuid::Uuid::nil(), version: 1, days: always, prices: vec![price.clone()] };
    let of = price.shape.counts().cloned().unwrap();
    let used = [Used { date: always.from, of, quantity: Quantity(quantity * 1_000), value: Pence(0), items: 1 }];
    let month = Month::of(always.from);
    let account = Account { used: &used, levels: &[], outturns: &[], tariffs: &[tariff], month, binds: always };
    billing::rate(account, &mut Carried::default()).unwrap().net().0
}

fn monotone(life: &Life<'_>) -> Held {
    let prices = life.tariffs.iter().flat_map(|tariff| &tariff.prices);
    let rises = |price: &&Price| {
        price.shape.counts().is_some() && !matches!(price.shape, Shape::Volume { .. } | Shape::Percentage { .. })
    };
    for price in prices.filter(rises) {
        let costs: Vec<i64> = (0..70).map(|n| alone(price, n)).collect();
        is(costs.is_sorted(), || format!("{price:?} costs {costs:?}"))?;
    }
    Ok(())
}

/// Whether a cap and a minimum are about this.
fn is_counted(line: &Line) -> bool {
    match line.charge.part {
        Part::ServiceCredit | Part::Advance | Part::YearlyMinimum => false,
        Part::Fee => line.charge.of.is_some(),
        _ => true,
    }
}

fn bounds(life: &Life<'_>) -> Held {
    let bills = bills(life);
    for month in months(life) {
        let days = |tariff: &Tariff| {
            let from = tariff.days.from.max(month.first()).max(life.history.term.from);
            from.until(tariff.days.until.min(month.until()).min(life.history.term.until)).unwrap().get_days()
        };
        let whole = month.first().until(month.until()).unwrap().get_days();
        let of: Vec<&Tariff> = life.tariffs.iter().filter(|tariff| days(tariff) > 0).collect();
        // Where prices change within the month, each bound is for what is counted under the tariffs that have it.
        let [tariff] = of.as_slice() else { continue };
        let part = |amount: Pence| round_half_away(i128::from(amount.0) * i128::from(days(tariff)), whole.into());
        let bound = |of: fn(&Shape) -> Option<Pence>| tariff.prices.iter().find_map(|price| of(&price.shape)).map(part);
        let least = bound(|shape| if let Shape::MonthlyMinimum { amount } = shape { Some(*amount) } else { None });
        let most = bound(|shape| if let Shape::Cap { amount } = shape { Some(*amount) } else { None });
        let lines = bills.iter().flat_map(|bill| &bill.snapshot.lines).map(|billed| &billed.line);
        let charged: i64 =
            lines.filter(|line| Month::of(line.from) == month && is_counted(line)).map(|line| line.net.0).sum();
        is(least.is_none_or(|least| least <= charged) && most.is_none_or(|most| charged <= most), || {
            format!("{month} is charged {charged}, outside {least:?} to {most:?}")
        })?;
    }
    Ok(())
}

fn shares(life: &Life<'_>) -> Held {
    let total: Pence = bills(life).iter().map(|bill| bill.snapshot.net).sum();
    let weights: Vec<u64> = life.items.iter().map(|item| item.quantity.0.unsigned_abs()).chain([55, 24, 21]).collect();
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let shares = billing::share(total, &weights).unwrap();
    is(shares.iter().copied().sum::<Pence>() == total, || format!("{shares:?} are not {total}"))?;
    let against: Vec<Pence> = billing::share(-total, &weights).unwrap().into_iter().map(|share| -share).collect();
    is(shares == against, || format!("{total} shared is {shares:?}, and taken back {against:?}"))?;
    let is_near = |(share, weight): (&Pence, &u64)| {
        (i128::from(share.0) * whole - i128::from(total.0) * i128::from(*weight)).abs() < whole
    };
    is(shares.iter().zip(&weights).all(is_near), || format!("{shares:?} of {total} by {weights:?}"))
}

fn totals(life: &Life<'_>) -> Held {
    for document in life.documents(true) {
        let printed = &document.snapshot;
        let (net, vat): (Pence, Pence) =
            (printed.lines.iter().map(|line| line.line.net).sum(), printed.vat.iter().map(|group| group.vat).sum());
        is((printed.net, printed.vat_total, printed.gross) == (net, vat, net + vat), || format!("{printed:?}"))?;
        let outside = printed.lines.iter().filter(|line| line.line.vat.category == VatCategory::OutsideScope).count();
        is(outside == 0 || outside == printed.lines.len(), || format!("{printed:?} mixes"))?;
        for group in printed.vat.iter().filter(|_| printed.corrects.is_none()) {
            let in_group = printed
                .lines
                .iter()
                .map(|line| &line.line)
                .filter(|line| (line.vat.category, line.vat.basis_points) == (group.category, group.basis_points));
            let net: i64 = in_group.map(|line| line.net.0).sum();
            let vat = round_half_away(i128::from(net) * i128::from(group.basis_points), 10_000);
            is((group.net.0, group.vat.0) == (net, vat), || format!("{group:?} of {net}"))?;
        }
    }
    Ok(())
}

fn credit_closure(life: &Life<'_>) -> Held {
    let documents = life.documents(false);
    for bill in documents.iter().filter(|document| document.run_id.is_some()) {
        let notes = documents
            .iter()
            .filter(|note| note.snapshot.corrects.as_ref().is_some_and(|corrected| corrected.document_id == bill.id));
        let notes: Vec<&billing::Snapshot> = notes.map(|note| &note.snapshot).collect();
        for group in &bill.snapshot.vat {
            let of_group = notes
                .iter()
                .flat_map(|note| &note.vat)
                .filter(|credit| (credit.category, credit.basis_points) == (group.category, group.basis_points));
            let (net, vat) = of_group.fold((0, 0), |sum, credit| (sum.0 - credit.net.0, sum.1 - credit.vat.0));
            let most = (group.net.0.max(0), group.vat.0.max(0));
            is(net <= most.0 && vat <= most.1, || format!("{net} and {vat} are credited of {group:?}"))?;
            let is_all = life.credited.contains(&bill.id);
            is(!is_all || (net, vat) == most, || format!("all lines credited come to {net} and {vat} of {group:?}"))?;
        }
    }
    Ok(())
}

/// What the provider is to receive is what the consumer is to pay, whenever nothing waits.
pub fn books_mirror_each_other(life: &Life<'_>) -> Result<(), TestCaseError> {
    let sum = |authority, account: &str| {
        let sql =
            format!("select coalesce(sum(amount_pence), 0)::text as text from posting where account = '{account}'");
        texts(life, Scope::own(authority), &sql)[0].parse::<i64>().unwrap()
    };
    let (receivable, payable) = (sum(life.provider, "receivable"), sum(life.consumer, "payable"));
    if receivable == -payable {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("invariant 12, balance: {receivable} is receivable, {payable} payable")))
}

fn balance(life: &Life<'_>) -> Held {
    breaches(&ledger::verify(&life.db, &[life.provider, life.consumer]).unwrap(), None)?;
    books_mirror_each_other(life).map_err(|error| error.to_string())?;
    // And it is what the statement says: what is owed on bills, less what was paid and is against none.
    let owed = |by_provider: bool| {
        life.as_party(by_provider, |tx| {
            let ids: Vec<uuid::Uuid> = life.issued.keys().copied().collect();
            let owed: Pence = billing::balances(tx, Which::Of(&ids))?.iter().map(billing::Balance::owed).sum();
            let unused: Pence = billing::unused(tx)?.into_iter().map(|(_, rest)| rest).sum();
            Ok((owed - unused).0)
        })
    };
    let receivable = texts(
        life,
        Scope::own(life.provider),
        "select coalesce(sum(amount_pence), 0)::text as text from posting where account = 'receivable'",
    );
    let said = (owed(true).unwrap(), owed(false).unwrap());
    is(receivable == [said.0.to_string()] && said.0 == said.1, || {
        format!("{receivable:?} is receivable, and the two statements say {said:?}")
    })
}

/// Acts that the server's role never has on what was issued, counted or booked.
const CHANGES: [&str; 10] = [
    "update document set snapshot = '{}', sha256 = 'x' where issued_at is not null",
    "update document set number = number + 1 where issued_at is not null",
    "delete from document where issued_at is not null",
    "update document_line set net_pence = 0 where issued_at is not null",
    "delete from document_line where issued_at is not null",
    "update usage_event set quantity = quantity + 1",
    "delete from usage_event",
    "update posting set amount_pence = 0",
    "delete from journal_entry",
    "delete from allocation",
];

fn immutability(life: &Life<'_>) -> Held {
    for scope in [life.provider, life.consumer].map(Scope::own) {
        for sql in CHANGES {
            let done = life.db.scoped(scope, |tx| Ok(diesel::sql_query(sql).execute(tx.conn)?));
            is(matches!(done, Ok(0) | Err(Error::Database(_))), || format!("{sql:?} is done: {done:?}"))?;
        }
    }
    for document in life.documents(false) {
        let Some((printed, hash)) = life.issued.get(&document.id) else {
            return Err(format!("{document:?} was never issued"));
        };
        is((printed, hash) == (&document.snapshot, &document.sha256), || format!("{document:?} was {printed:?}"))?;
        let now = billing::snapshot_hash(&serde_json::to_value(&document.snapshot).unwrap());
        is(Some(&now) == hash.as_ref(), || format!("{document:?} has another hash"))?;
    }
    let kept = life.documents(false).len();
    is(kept == life.issued.len(), || format!("{kept} documents are left of {}", life.issued.len()))
}

fn gapless(life: &Life<'_>) -> Held {
    let mut series: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for document in life.documents(true) {
        let number = document.snapshot.number.ok_or("a document without a number")?;
        let [_, letters, year, n] = number.split('-').collect::<Vec<_>>()[..] else { return Err(number) };
        series.entry((letters.to_owned(), year.to_owned())).or_default().push(n.parse().unwrap());
    }
    for (name, mut numbers) in series {
        numbers.sort_unstable();
        is(numbers.iter().copied().eq(1..=numbers.len()), || format!("{name:?} are numbered {numbers:?}"))?;
    }
    Ok(())
}

fn trace_and_isolation(life: &Life<'_>) -> Held {
    let (ours, theirs) = (life.documents(true), life.documents(false));
    let said = |all: &[Document]| {
        let mut all: Vec<_> = all.iter().map(|d| (d.id, d.snapshot.clone(), d.sha256.clone())).collect();
        all.sort_by_key(|(id, ..)| *id);
        all
    };
    is(said(&ours) == said(&theirs), || "the two do not read the same documents".to_owned())?;
    for bill in theirs.iter().filter(|document| document.run_id.is_some()) {
        let mut traced: BTreeMap<(uuid::Uuid, i16, Date), (Quantity, Quantity)> = BTreeMap::new();
        for billed in &bill.snapshot.lines {
            let line = &billed.line;
            let read = |by_provider: bool| {
                let events = life.as_party(by_provider, |tx| billing::line_events(tx, bill, line, None, 10_000));
                events.unwrap().into_iter().map(|event| (event.id, event.quantity)).collect::<BTreeMap<_, _>>()
            };
            let events = read(false);
            is(events == read(true), || format!("the two read other events of {line:?}"))?;
            let says = (billed.event_count, billed.event_digest.as_str());
            let digest = events.keys().map(|id| EventDigest::of(*id)).sum::<EventDigest>().hex();
            is(says == (i64::try_from(events.len()).unwrap(), digest.as_str()), || {
                format!("{billed:?} has {events:?}")
            })?;
            if matches!(line.charge.part, Part::Units | Part::Band(_)) {
                let of = traced.entry((line.tariff_id, line.charge.price, line.from)).or_default();
                of.0 += line.quantity;
                of.1 = events.values().copied().sum();
            }
        }
        is(traced.values().all(|(charged, counted)| charged == counted), || format!("{bill:?} charges {traced:?}"))?;
    }
    for table in [
        "agreement",
        "tariff_version",
        "usage_event",
        "usage_day",
        "usage_item",
        "usage_intake",
        "bill_run",
        "document",
        "document_line",
        "line_dispute",
        "remittance",
        "allocation",
        "journal_entry",
        "posting",
    ] {
        let seen = texts(life, Scope::own(life.stranger), &format!("select count(*)::text as text from {table}"));
        is(seen == ["0"], || format!("a third authority reads {seen:?} rows of {table}"))?;
    }
    let strange = theirs.first().map(|d| life.db.scoped(Scope::own(life.stranger), |tx| billing::document(tx, d.id)));
    is(!matches!(strange, Some(Ok(_))), || format!("a third authority reads {strange:?}"))
}

fn verify(life: &Life<'_>) -> Held {
    let all = [life.provider, life.consumer, life.stranger];
    breaches(&metering::verify(&life.db, &all).unwrap(), None)?;
    breaches(&ledger::verify(&life.db, &all).unwrap(), None)?;
    breaches(&billing::verify(&life.db, &all).unwrap(), None)
}
