//! A *charge* is the price that a host asks for before it creates a billable object.

use super::super::rest::spending::Price;
use serde_json::Value;

/// The price in the data of an answer: a list of invoices, or the added services. `None` for other content:
/// missing credit is reported with the same status.
pub(super) fn price(data: &Value) -> Option<Price> {
    let mut price = Price::default();
    match data {
        Value::Array(invoices) if !invoices.is_empty() => {
            for invoice in invoices {
                price.today += invoice["summary"]["today"].as_f64()?;
                price.monthly += invoice["summary"]["recurring"].as_f64()?;
            }
        }
        Value::Object(categories) if !categories.is_empty() => {
            let is_service = |(name, _): &(&String, _)| *name != "activation_charges";
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
        }
        _ => return None,
    }
    Some(price)
}

#[cfg(test)]
mod tests {
    use super::{Price, price};
    use serde_json::json;

    #[test]
    fn both_formats_of_a_price_are_parsed() {
        let services = json!({"devices": {"sip_device": {"rate": 5, "quantity": 2, "activation_charge": 3}},
            "activation_charges": 3.0});
        let invoices = json!([{"summary": {"today": 1, "recurring": 4}}, {"summary": {"today": 2, "recurring": 6}}]);
        for priced in [services, invoices] {
            let expected = Price {
                today: 3.0,
                monthly: 10.0,
            };
            assert_eq!(price(&priced), Some(expected), "{priced}");
        }
    }

    #[test]
    fn other_content_is_no_price() {
        for other in [
            json!(null),
            json!([]),
            json!({}),
            json!([{"summary": {}}]),
            json!({"message": "no_credit"}),
            json!({"message": "no_payment_token", "cause": "acme"}),
            json!({"devices": {"sip_device": {"rate": 5}}, "message": "no_credit"}),
        ] {
            assert_eq!(price(&other), None, "{other}");
        }
    }
}
