//! A *charge* is the price that a host asks for before it creates a billable object. Callsheet accepts it
//! only within the limits of the policy.

use super::super::{
    Error,
    http::{Answer, plain},
};
use crate::config::Charges;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// The limits of the policy, and the amount spent in this run.
pub(super) struct Spending {
    limits: Option<Charges>,
    spent: Mutex<f64>,
}

/// The price that a host asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Price {
    today: f64,
    monthly: f64,
}

impl Spending {
    pub(super) fn new(limits: Option<Charges>) -> Self {
        Self {
            limits,
            spent: Mutex::new(0.0),
        }
    }

    /// Accepts a charge within the limits. An accepted charge counts as spent, even if the request then
    /// fails.
    ///
    /// # Errors
    /// The charge exceeds the limits; the error contains the price.
    pub(super) fn accept(&self, answer: &Answer) -> Result<(), Error> {
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let refuse = |detail: String| {
            Err(Error::Refused {
                status: 402,
                detail,
                problems: Vec::new(),
            })
        };
        let Some(price) = Price::of(&json["data"]) else {
            let why = json["data"]["message"]
                .as_str()
                .or(json["message"].as_str());
            return refuse(format!(
                "it costs money, but the portal's price can't be parsed ({})",
                plain(why.unwrap_or("402"))
            ));
        };
        let Price { today, monthly } = price;
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

impl Price {
    /// Parses the price in an answer: a list of invoices, or the added services.
    fn of(data: &Value) -> Option<Self> {
        match data {
            Value::Array(invoices) if !invoices.is_empty() => {
                let mut price = Self::default();
                for invoice in invoices {
                    price.today += invoice["summary"]["today"].as_f64()?;
                    price.monthly += invoice["summary"]["recurring"].as_f64()?;
                }
                price.is_valid().then_some(price)
            }
            Value::Object(categories) if !categories.is_empty() => {
                let mut price = Self::default();
                let is_service = |(name, _): &(&String, _)| *name != "activation_charges";
                // Other content isn't a price: missing credit is reported as 402, too.
                for (_, service) in categories.iter().filter(is_service) {
                    for item in service.as_object()?.values() {
                        let quantity = item["quantity"].as_f64().unwrap_or(1.0);
                        price.monthly += item["rate"].as_f64()? * quantity;
                        price.today += item["activation_charge"].as_f64().unwrap_or(0.0);
                    }
                }
                // The activation charge is given per item, in total, or both.
                let all = match &data["activation_charges"] {
                    Value::Null => 0.0,
                    total => total.as_f64()?,
                };
                price.today = price.today.max(all);
                price.is_valid().then_some(price)
            }
            _ => None,
        }
    }

    /// Whether the price can be compared with a limit: finite and not negative.
    fn is_valid(self) -> bool {
        [self.today, self.monthly]
            .iter()
            .all(|sum| sum.is_finite() && *sum >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Charges, Spending};
    use serde_json::{Value, json};

    fn charge(data: &Value) -> Answer {
        Answer {
            status: 402,
            body: json!({"data": data, "message": "accept charges"})
                .to_string()
                .into_bytes(),
            ..Answer::default()
        }
    }

    fn invoice(today: f64, recurring: f64) -> Value {
        json!([{"summary": {"today": today, "recurring": recurring}}])
    }

    #[test]
    fn charges_are_rejected_without_a_policy() {
        let message = Spending::new(None)
            .accept(&charge(&invoice(10.0, 25.0)))
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "the portal refused: it costs 10.00 today, then 25.00 a month; allow it with \
             `policy.charges` in callsheet.yaml"
        );
    }

    #[test]
    fn limits_apply_to_the_whole_run() {
        let limits = Charges {
            today: 20,
            monthly: 30,
        };
        let spending = Spending::new(Some(limits));
        assert!(spending.accept(&charge(&invoice(10.0, 25.0))).is_ok());
        assert!(spending.accept(&charge(&invoice(1.0, 31.0))).is_err());
        assert!(spending.accept(&charge(&invoice(10.5, 30.0))).is_err());
        assert!(spending.accept(&charge(&invoice(10.0, 30.0))).is_ok());
        assert!(spending.accept(&charge(&invoice(0.5, 30.0))).is_err());
    }

    #[test]
    fn an_invalid_price_is_rejected() {
        let limits = Charges {
            today: 1000,
            monthly: 1000,
        };
        let spending = Spending::new(Some(limits));
        for invalid in [
            json!(null),
            json!([]),
            json!({}),
            invoice(-5.0, 0.0),
            json!([{"summary": {}}]),
            json!({"message": "no_credit"}),
            json!({"message": "no_payment_token", "cause": "acme"}),
            json!({"devices": {"sip_device": {"rate": 5}}, "message": "no_credit"}),
        ] {
            assert!(spending.accept(&charge(&invalid)).is_err(), "{invalid}");
        }
        let services = json!({"devices": {"sip_device": {"rate": 5, "quantity": 1, "activation_charge": 3}},
            "activation_charges": 3.0});
        assert!(spending.accept(&charge(&services)).is_ok());
    }
}
