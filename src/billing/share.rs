//! Dividing an amount in whole pence: floors first, the pennies left over to the largest remainders, the earlier one where
//! two are equal (Hamilton's method). So the parts sum to the whole, and each is within a penny of exact.

use std::cmp::Reverse;

use crate::kernel::Pence;
use crate::kernel::money::TooMuch;

/// A total among members by their weights: ratio points, heads, units, assets. A negative total is shared as its opposite is.
/// Where nobody has any weight, the first bears it all.
///
/// # Errors
/// [`TooMuch`] if the total is beyond what money may be.
pub fn share(total: Pence, weights: &[u64]) -> Result<Vec<Pence>, TooMuch> {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if whole == 0 {
        let first = weights.iter().enumerate().map(|(n, _)| if n == 0 { total } else { Pence(0) });
        return Ok(first.collect());
    }
    let size = i128::from(total.0.unsigned_abs());
    let parts: Vec<i128> = weights.iter().map(|weight| size * i128::from(*weight)).collect();
    let shares = apportion(&parts, whole)?;
    Ok(shares.into_iter().map(|share| Pence(share.0 * total.0.signum())).collect())
}

/// Each of `parts`, none below zero, divided by `whole`, so that they sum to their rounded sum.
pub(super) fn apportion(parts: &[i128], whole: i128) -> Result<Vec<Pence>, TooMuch> {
    let total = Pence::rounded(parts.iter().sum(), whole)?;
    let mut shares: Vec<i64> = parts
        .iter()
        .map(|part| i64::try_from(part.div_euclid(whole)).map_err(|_| TooMuch))
        .collect::<Result<_, _>>()?;
    let left = usize::try_from(total.0 - shares.iter().sum::<i64>()).unwrap_or(0);
    let mut order: Vec<(usize, &i128)> = parts.iter().enumerate().collect();
    order.sort_by_key(|(_, part)| Reverse(part.rem_euclid(whole)));
    for (at, _) in order.into_iter().take(left) {
        shares[at] += 1;
    }
    Ok(shares.into_iter().map(Pence).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::money::round_half_away;

    #[test]
    fn shares_follow_the_worked_examples() {
        let pence = |all: &[i64]| all.iter().copied().map(Pence).collect::<Vec<_>>();
        // Surrey 55, East Sussex 24, Brighton & Hove 21.
        for (total, weights, want) in [
            (551_234_567, &[55, 24, 21][..], &[303_179_012, 132_296_296, 115_759_259][..]),
            // Each rounded by itself they would be 10,004.
            (10_003, &[55, 24, 21], &[5_502, 2_401, 2_100]),
            (10_000, &[1, 1, 1], &[3_334, 3_333, 3_333]),
            (-10_000, &[1, 1, 1], &[-3_334, -3_333, -3_333]),
            (25_000_000, &[8_412, 3_977, 2_611], &[14_020_000, 6_628_333, 4_351_667]),
            // 300,000,000 provisional, 293,144,217 actual.
            (293_144_217 - 300_000_000, &[55, 24, 21], &[-3_770_681, -1_645_388, -1_439_714]),
            (500, &[0, 0], &[500, 0]),
        ] {
            assert_eq!(share(Pence(total), weights).unwrap(), pence(want), "{total}");
        }
        assert_eq!(share(Pence(i64::MAX), &[1, 1]), Err(TooMuch));
    }

    proptest! {
        #[test]
        fn shares_sum_and_are_within_a_penny(total in -1_000_000_000_000i64..1_000_000_000_000, weights in prop::collection::vec(0u64..1_000_000, 1..9)) {
            let whole: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            let shares = share(Pence(total), &weights).unwrap();
            prop_assert_eq!(shares.iter().copied().sum::<Pence>(), Pence(total));
            let opposite: Vec<Pence> = shares.iter().map(|share| -*share).collect();
            prop_assert_eq!(share(Pence(-total), &weights).unwrap(), opposite);
            for (share, weight) in shares.iter().zip(&weights).filter(|_| whole > 0) {
                let off = i128::from(share.0) * whole - i128::from(total) * i128::from(*weight);
                prop_assert!(off.abs() < whole, "{} of {}", share, total);
            }
        }

        #[test]
        fn parts_lose_no_penny(prices in prop::collection::vec(0i64..1_000_000, 1..6)) {
            let exact: Vec<i128> = prices.iter().map(|p| i128::from(*p) * 7).collect();
            let parts = apportion(&exact, 31).unwrap();
            prop_assert_eq!(parts.iter().map(|s| s.0).sum::<i64>(), round_half_away(exact.iter().sum(), 31));
            for (part, exact) in parts.iter().zip(&exact) {
                prop_assert!((i128::from(part.0) * 31 - exact).abs() < 31);
            }
        }
    }
}
