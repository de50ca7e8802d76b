//! How quickly usage is rated: `billing::rate`, pure, on one core, of a month of days under ten graduated prices and a standing
//! charge.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::ToSpan;
use jiff::civil::date;
use moothall::agreements::Term;
use moothall::billing::{self, Account, Carried, Counts, Tariff, TariffsFile, Used};
use moothall::kernel::{Month, Pence, Quantity};
use uuid::Uuid;

/// Lines that are demanded a second.
pub const AT_LEAST: f64 = 500_000.0;
const SERVICES: usize = 10;
const DAYS: i64 = 24;

/// Rates the month again and again for some seconds; says lines a second.
pub fn measure(seconds: u32) -> anyhow::Result<f64> {
    let term = Term { from: date(2026, 4, 1), until: date(2029, 4, 1) };
    let vat = "vat = \"standard\"\nvat_reason = \"x\"\nvat_approver = \"y\"\n";
    let mut text = format!(
        "[[tariff]]\nfrom = 2026-04-01\n\n[[tariff.price]]\nkind = \"standing\"\ndescription = \"Ready\"\nmonthly = \"450.00\"\n{vat}"
    );
    for n in 0..SERVICES {
        text += &format!(
            "\n[[tariff.price]]\nkind = \"graduated\"\nservice = \"service-{n}\"\nmeter = \"case.accepted\"\n\
             description = \"Service {n}\"\n{vat}band = [{{ up_to = 100, unit_price = \"1.85\" }}, \
             {{ up_to = 500, unit_price = \"1.62\" }}, {{ unit_price = \"1.375\" }}]\n"
        );
    }
    let file: TariffsFile = toml::from_str(&text)?;
    let prices = billing::parse_tariffs(&file.tariffs, term).map_err(anyhow::Error::msg)?;
    let tariffs: Vec<Tariff> =
        (1..).zip(prices).map(|(version, (days, prices))| Tariff { id: Uuid::nil(), version, days, prices }).collect();
    let month = Month::of(date(2026, 10, 1));
    let used: Vec<Used> = (0..SERVICES)
        .flat_map(|n| (0..DAYS).map(move |day| (n, day)))
        .map(|(n, day)| Used {
            date: month.first().saturating_add(day.days()),
            of: Counts { service: format!("service-{n}"), meter: "case.accepted".to_owned() },
            quantity: Quantity(31_000),
            value: Pence(0),
            items: 1,
        })
        .collect();
    let account = Account { used: &used, levels: &[], outturns: &[], tariffs: &tariffs, month, binds: term };
    let lines = billing::rate(account, &mut Carried::default())?.lines.len();
    ensure!(lines == 1 + 3 * SERVICES, "every band is reached: {lines}");
    let (begun, lasts) = (Instant::now(), Duration::from_secs(u64::from(seconds)));
    let mut done = 0_u32;
    while begun.elapsed() < lasts {
        for _ in 0..50 {
            black_box(billing::rate(black_box(account), &mut Carried::default()).is_ok());
        }
        done += 50;
    }
    Ok(f64::from(done) * f64::from(u32::try_from(lines)?) / begun.elapsed().as_secs_f64())
}
