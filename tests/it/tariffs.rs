//! The worked examples of docs/tariffs, through the command.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::tenants::moothall;

/// Every case: its tariff, its usage, its month, and the file of what is printed.
fn cases() -> Vec<(PathBuf, PathBuf, String, PathBuf)> {
    let mut cases = Vec::new();
    for folder in fs::read_dir("docs/tariffs").unwrap().map(|entry| entry.unwrap().path()) {
        for usage in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = usage.file_name().unwrap().to_str().unwrap();
            let Some(case) = name.strip_suffix(".usage.json") else { continue };
            let month = case.rsplit('.').next().unwrap().to_owned();
            cases.push((folder.join("tariff.toml"), usage.clone(), month, folder.join(format!("{case}.lines.json"))));
        }
    }
    cases.sort();
    cases
}

fn rate(tariff: &Path, usage: &Path, month: &str) -> (Option<i32>, String, String) {
    let (tariff, usage) = (tariff.to_str().unwrap(), usage.to_str().unwrap());
    moothall(None, &["bill", "rate", "--tariff", tariff, "--usage", usage, "--period", month])
}

#[test]
fn the_worked_examples_are_what_the_command_prints() {
    let cases = cases();
    assert!(cases.len() > 30, "{cases:?}");
    for (tariff, usage, month, lines) in cases {
        let (code, printed, wrong) = rate(&tariff, &usage, &month);
        assert_eq!(code, Some(0), "{}: {wrong}", usage.display());
        if std::env::var_os("TARIFFS").is_some_and(|how| how == "write") {
            fs::write(&lines, &printed).unwrap();
        }
        let kept = fs::read_to_string(&lines).unwrap_or_else(|_| panic!("TARIFFS=write writes {}", lines.display()));
        assert_eq!(printed, kept, "{}", usage.display());
    }
}

/// The figures of the reference, so that nobody writes the files anew without seeing it.
#[test]
fn the_examples_say_what_was_worked_out_by_hand() {
    for (case, net, gross) in [
        ("graduated/7321.2026-06", "11521.38", "13825.66"),
        ("service-level/kept.2026-06", "11521.38", "13825.66"),
        ("service-level/below-95.2026-06", "11290.95", "13549.14"),
        ("service-level/below-90.2026-06", "10945.31", "13134.37"),
        ("volume/5001.2026-06", "6876.38", "8251.66"),
        ("package/1234.2026-06", "828.00", "993.60"),
        ("allowance/463.2026-06", "2906.75", "3488.10"),
        ("prepaid/second-month.2026-05", "1015.00", "1218.00"),
        ("monthly-minimum/below.2026-06", "12000.00", "14400.00"),
        ("yearly-minimum/march.2027-03", "10000.00", "12000.00"),
        ("cap/above.2026-06", "15000.00", "18000.00"),
        ("percentage/month.2026-06", "700.29", "840.35"),
        ("percentage-by-item/three.2026-06", "5.95", "7.14"),
        ("standing-from-12-june/month.2026-06", "1171.67", "1406.00"),
        ("standing-until-11-june/month.2026-06", "678.33", "814.00"),
        ("standing-leap-year/month.2028-02", "517.24", "620.69"),
        ("standing-clocks-change/month.2027-03", "129.03", "154.84"),
        ("mixed-vat/month.2026-06", "7082.23", "7346.68"),
        ("mid-month-change/both.2026-06", "2184.00", "2620.80"),
    ] {
        let file = format!("docs/tariffs/{case}.lines.json");
        let said: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!((said["net"].as_str(), said["gross"].as_str()), (Some(net), Some(gross)), "{case}");
    }
}
