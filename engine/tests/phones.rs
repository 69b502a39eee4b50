//! Phone numbers against the tables of Google's library: `tests/fixtures/contacts/e164_cases.csv`.

use switchboard_engine::phone;

#[test]
fn every_case_of_the_table() {
    let table = include_str!("../../tests/fixtures/contacts/e164_cases.csv");
    let mut cases = 0;
    for line in table.lines().skip(1) {
        let [country, input, e164, is_valid, style] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("not five columns: {line}")
        };
        let phone = phone::parse(input, country);
        match phone {
            Ok(phone) => {
                assert_eq!((phone.number.as_str(), phone.is_valid), (e164, is_valid == "true"), "{line}");
                assert_eq!(phone::from_digits(phone.number.digits()), Some(phone.number), "{line}");
            }
            Err(problem) => assert_eq!((e164, style), ("", "parse_error"), "{line}: {problem}"),
        }
        cases += 1;
    }
    assert_eq!(cases, 258);
}
