//! The columns of sheets of *contacts*. Further numbers are `number4`, `number5` and so on.

use super::{
    Column,
    Conversion::{Field, Key, PhoneNumber},
    column, required,
};

pub(super) const COLUMNS: &[Column] = &[
    column(&["key"], "", Key, "example-company"),
    required(&["name", "display name"], "name", Field, "John Doe"),
    column(&["first_name"], "first_name", Field, "John"),
    column(&["last_name"], "last_name", Field, "Doe"),
    column(&["company"], "company", Field, "Example Company"),
    column(
        &["email", "email address"],
        "email",
        Field,
        "john.doe@example.com",
    ),
    column(
        &["number", "number1", "phone", "phone number"],
        "numbers[0]",
        PhoneNumber,
        "+14155550100",
    ),
    column(&["number2"], "numbers[1]", PhoneNumber, ""),
    column(&["number3"], "numbers[2]", PhoneNumber, ""),
];
