//! A *charge* is what a host asks for before it makes something that costs money. It is paid only where
//! the policy says so, and never beyond its limits.

use super::super::{
    Error,
    http::{Answer, plain},
};
use crate::config::Charges;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// What may be spent, and what was.
pub(super) struct Purse {
    limits: Option<Charges>,
    spent: Mutex<f64>,
}

/// What a host asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Price {
    today: f64,
    monthly: f64,
}

impl Purse {
    pub(super) fn new(limits: Option<Charges>) -> Self {
        Self {
            limits,
            spent: Mutex::new(0.0),
        }
    }

    /// Whether a charge is accepted. Accepting counts it as spent: whether it was is the host's to say.
    ///
    /// # Errors
    /// What it would cost, and what would have to be allowed.
    pub(super) fn accept(&self, answer: &Answer) -> Result<(), Error> {
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let refuse = |detail: String| {
            Err(Error::Refused {
                status: 402,
                detail,
                problems: Vec::new(),
            })
        };
        let Some(price) = Price::of(&said["data"]) else {
            let why = said["data"]["message"]
                .as_str()
                .or(said["message"].as_str());
            return refuse(format!(
                "it costs money, and the price isn't told in a way that can be read ({})",
                plain(why.unwrap_or("402"))
            ));
        };
        let Price { today, monthly } = price;
        let costs = format!("it costs {today:.2} today, and {monthly:.2} a month from then on");
        let Some(limits) = self.limits else {
            return refuse(format!(
                "{costs}; allow it with `policy.charges` in callsheet.yaml"
            ));
        };
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if *spent + today > f64::from(limits.today) || monthly > f64::from(limits.monthly) {
            let Charges { today, monthly } = limits;
            return refuse(format!(
                "{costs}, and `policy.charges` allows {today} in a run, of which {:.2} are spent, and {monthly} a month",
                *spent
            ));
        }
        *spent += today;
        Ok(())
    }
}

impl Price {
    /// The price in an answer: a list of invoices, or the services that are added.
    fn of(data: &Value) -> Option<Self> {
        match data {
            Value::Array(invoices) if !invoices.is_empty() => {
                let mut price = Self::default();
                for invoice in invoices {
                    price.today += invoice["summary"]["today"].as_f64()?;
                    price.monthly += invoice["summary"]["recurring"].as_f64()?;
                }
                price.is_real().then_some(price)
            }
            Value::Object(categories) if !categories.is_empty() => {
                let mut price = Self::default();
                let is_service = |(name, _): &(&String, _)| *name != "activation_charges";
                // What holds anything else is no price: that there is no credit comes as 402 too.
                for (_, service) in categories.iter().filter(is_service) {
                    for item in service.as_object()?.values() {
                        let quantity = item["quantity"].as_f64().unwrap_or(1.0);
                        price.monthly += item["rate"].as_f64()? * quantity;
                        price.today += item["activation_charge"].as_f64().unwrap_or(0.0);
                    }
                }
                // Told item by item, or for all of them, or both.
                let all = match &data["activation_charges"] {
                    Value::Null => 0.0,
                    told => told.as_f64()?,
                };
                price.today = price.today.max(all);
                price.is_real().then_some(price)
            }
            _ => None,
        }
    }

    /// A price below nothing is none that a limit can be held against.
    fn is_real(self) -> bool {
        [self.today, self.monthly]
            .iter()
            .all(|sum| sum.is_finite() && *sum >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Charges, Purse};
    use serde_json::{Value, json};

    fn asked(data: &Value) -> Answer {
        Answer {
            status: 402,
            body: json!({"data": data, "message": "accept charges"})
                .to_string()
                .into_bytes(),
        }
    }

    fn invoice(today: f64, recurring: f64) -> Value {
        json!([{"summary": {"today": today, "recurring": recurring}}])
    }

    #[test]
    fn nothing_is_paid_unless_the_policy_says_so() {
        let told = Purse::new(None)
            .accept(&asked(&invoice(10.0, 25.0)))
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            "the portal refused: it costs 10.00 today, and 25.00 a month from then on; allow it with \
             `policy.charges` in callsheet.yaml"
        );
    }

    #[test]
    fn the_limits_hold_for_the_whole_run() {
        let limits = Charges {
            today: 20,
            monthly: 30,
        };
        let purse = Purse::new(Some(limits));
        assert!(purse.accept(&asked(&invoice(10.0, 25.0))).is_ok());
        assert!(purse.accept(&asked(&invoice(1.0, 31.0))).is_err());
        assert!(purse.accept(&asked(&invoice(10.5, 30.0))).is_err());
        assert!(purse.accept(&asked(&invoice(10.0, 30.0))).is_ok());
        assert!(purse.accept(&asked(&invoice(0.5, 30.0))).is_err());
    }

    #[test]
    fn what_has_no_readable_price_is_not_paid() {
        let limits = Charges {
            today: 1000,
            monthly: 1000,
        };
        let purse = Purse::new(Some(limits));
        for odd in [
            json!(null),
            json!([]),
            json!({}),
            invoice(-5.0, 0.0),
            json!([{"summary": {}}]),
            json!({"message": "no_credit"}),
            json!({"message": "no_payment_token", "cause": "acme"}),
            json!({"devices": {"sip_device": {"rate": 5}}, "message": "no_credit"}),
        ] {
            assert!(purse.accept(&asked(&odd)).is_err(), "{odd}");
        }
        let five = json!({"devices": {"sip_device": {"rate": 5, "quantity": 1, "activation_charge": 3}},
            "activation_charges": 3.0});
        assert!(purse.accept(&asked(&five)).is_ok());
    }
}
