//! *Charges*: some objects are billable, and the server asks for confirmation.

use super::{answer::Reply, ask::Ask, world::World};
use serde_json::{Value, json};

impl World {
    /// The invoice for a new object, unless it is free or the client accepts the charges.
    pub(super) fn price(&self, ask: &Ask, kind: &str) -> Option<Reply> {
        let priced = &self.options.priced;
        let (_, activation, _) = priced.iter().find(|(priced, ..)| *priced == kind)?;
        if ask.accepts_charges() {
            return None;
        }
        let bill = if self.is_five() {
            let mut bill = json!({"activation_charges": activation});
            for (priced, activation, rate) in priced {
                bill[priced]["_all"] = json!({"category": priced, "item": "_all", "quantity": 1,
                    "name": priced, "rate": rate, "activation_charge": activation});
            }
            bill
        } else {
            self.invoices(kind, *activation)
        };
        Some(Reply::error(402, "accept charges", bill))
    }

    /// The invoice of 4.x: all billable items, and the changes.
    fn invoices(&self, kind: &str, activation: f64) -> Value {
        let (mut items, mut plan, mut recurring) = (Vec::new(), json!({}), 0.0);
        for (priced, activation, rate) in &self.options.priced {
            let mut item = json!({"category": priced, "item": priced, "name": priced, "quantity": 0,
                "billable": 0, "rate": rate, "prorate": {"additions": true, "removals": true},
                "total": 0.0});
            if *priced == kind {
                item["maximum"] = 1.into();
                item["quantity"] = 1.into();
                item["billable"] = 1.into();
                item["total"] = (*rate).into();
                let difference = json!({"billable": 1, "quantity": 1});
                item["changes"] = json!({"type": "modified", "difference": difference});
                recurring += rate;
            }
            items.push(item);
            plan[priced]["_all"] = json!({"as": priced, "rate": rate,
                "activation_charge": activation, "name": priced});
        }
        let charge = json!({"billable": 1, "category": kind, "item": "_all", "name": kind,
            "rate": activation, "total": activation});
        json!([{
            "activation_charges": [charge],
            "items": items,
            "taxes": [],
            "summary": {"today": activation, "recurring": recurring},
            "plan": plan,
            "bookkeeper": {"type": "default", "vendor_id": self.root, "id": "default_bookkeeper"},
        }])
    }
}
