//! *Spending* is what a run may cost: a portal can ask for a price before it creates a billable object, which
//! is accepted only within the limits of the policy.

use super::super::Error;
use crate::config::Charges;
use std::sync::{Mutex, PoisonError};

/// The limits of the policy, and the amount spent in this run.
pub struct Spending {
    limits: Option<Charges>,
    spent: Mutex<f64>,
}

/// The price that a portal asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// What is paid at once.
    pub today: f64,
    /// What is paid each month.
    pub monthly: f64,
}

impl Price {
    /// Whether the price can be compared with a limit: finite and not negative.
    fn is_valid(self) -> bool {
        let mut sums = [self.today, self.monthly].into_iter();
        sums.all(|sum| sum.is_finite() && sum >= 0.0)
    }
}

impl Spending {
    /// Nothing is spent yet.
    #[must_use]
    pub fn new(limits: Option<Charges>) -> Self {
        Self {
            limits,
            spent: Mutex::new(0.0),
        }
    }

    /// Accepts a price within the limits; `None` is one that can't be parsed, with the portal's words about
    /// it. An accepted price counts as spent, even if the request then fails.
    ///
    /// # Errors
    /// The price exceeds the limits; the error contains it.
    pub fn accept(&self, price: Option<Price>, words: &str) -> Result<(), Error> {
        let refuse = |detail: String| {
            Err(Error::Refused {
                status: 402,
                detail,
                problems: Vec::new(),
            })
        };
        let Some(Price { today, monthly }) = price.filter(|price| price.is_valid()) else {
            return refuse(format!(
                "it costs money, but the portal's price can't be parsed ({words})"
            ));
        };
        let costs = format!("it costs {today:.2} today, then {monthly:.2} a month");
        let Some(limits) = self.limits else {
            return refuse(format!(
                "{costs}; allow it with `policy.charges` in callsheet.yaml"
            ));
        };
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if *spent + today > f64::from(limits.today) || monthly > f64::from(limits.monthly) {
            let Charges { today, monthly } = limits;
            return refuse(format!(
                "{costs}; `policy.charges` allows {today} per run, of which {:.2} are spent, and {monthly} a month",
                *spent
            ));
        }
        *spent += today;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Charges, Price, Spending};

    fn price(today: f64, monthly: f64) -> Option<Price> {
        Some(Price { today, monthly })
    }

    #[test]
    fn charges_are_rejected_without_a_policy() {
        let error = Spending::new(None).accept(price(10.0, 25.0), "");
        assert_eq!(
            error.unwrap_err().to_string(),
            "the portal refused: it costs 10.00 today, then 25.00 a month; allow it with \
             `policy.charges` in callsheet.yaml"
        );
    }

    #[test]
    fn limits_apply_to_the_whole_run() {
        let spending = Spending::new(Some(Charges {
            today: 20,
            monthly: 30,
        }));
        assert!(spending.accept(price(10.0, 25.0), "").is_ok());
        assert!(spending.accept(price(1.0, 31.0), "").is_err());
        assert!(spending.accept(price(10.5, 30.0), "").is_err());
        assert!(spending.accept(price(10.0, 30.0), "").is_ok());
        assert!(spending.accept(price(0.5, 30.0), "").is_err());
    }

    #[test]
    fn an_invalid_price_is_rejected() {
        let spending = Spending::new(Some(Charges {
            today: 1000,
            monthly: 1000,
        }));
        for invalid in [None, price(-5.0, 0.0), price(0.0, f64::NAN)] {
            assert!(spending.accept(invalid, "no_credit").is_err());
        }
    }
}
