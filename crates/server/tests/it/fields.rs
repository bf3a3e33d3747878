//! Each field of the request: what it means, what it refuses, and that null means absent.

use model::{RankScore, SnapshotId, Target, Timestamp};
use query::{AsOf, BacklinksQuestion, Field, GroupField, LinkStatus, Mode, RankScale, Rows, SortKey};
use server::{Access, RequestLimits};

use crate::fake::{app_with, open_app, post};

async fn question(body: &str) -> BacklinksQuestion {
    let (app, fake) = app_with(Access::Open, RequestLimits::default());
    let answer = post(&app, body.to_owned()).await;
    assert_eq!(answer.codes(), (200, 20000, 20000), "{body}: {}", answer.hint());
    fake.asked.lock().unwrap().pop().unwrap()
}

#[tokio::test]
async fn fields_say_what_is_asked() {
    let host = |include_subdomains| Target::parse("example.org", include_subdomains).unwrap();
    let default = BacklinksQuestion::new(host(true));
    assert_eq!(question(r#"{"target":"example.org"}"#).await, default);
    assert_eq!(question(r#"[{"target":" www.Example.org "}]"#).await, default);
    let expected = BacklinksQuestion {
        target: host(false),
        status: LinkStatus::All,
        exclude_internal: false,
        include_indirect: false,
        rows: Rows::PerLink,
        filter: Some(r#"["dofollow","=",true]"#.parse().unwrap()),
        mode: Mode::Custom { field: GroupField::DomainFrom, value: 3 },
        order: vec![
            SortKey { field: Field::UrlTo, descending: false },
            SortKey { field: Field::Rank, descending: true },
        ],
        scale: RankScale::OneHundred,
        offset: 20_000,
        after: None,
        limit: 1000,
        explain: true,
        as_of: AsOf::parse("2026-11-23"),
    };
    let body = r#"{"target":"example.org","include_subdomains":false,"backlinks_status_type":"all","exclude_internal_backlinks":false,"include_indirect_links":false,"rows":"per_link","filters":["dofollow","=","true"],"mode":"one_per_anchor","custom_mode":{"field":"domain","value":3},"order_by":["url_to,asc","rank,desc"],"rank_scale":"one_hundred","offset":20000,"limit":1000,"explain":true,"as_of":"2026-11-23"}"#;
    assert_eq!(question(body).await, expected);
    assert_eq!(question(r#"{"target":"a.org","backlinks_status_type":"lost"}"#).await.status, LinkStatus::Lost);
    assert_eq!(question(r#"{"target":"a.org","backlinks_status_type":"live"}"#).await.status, LinkStatus::Live);
    assert!(matches!(question(r#"{"target":"https://a.org/x"}"#).await.target, Target::Page(_)));
    for (name, mode) in
        [("as_is", Mode::AsIs), ("one_per_domain", Mode::OnePerDomain), ("one_per_anchor", Mode::OnePerAnchor)]
    {
        assert_eq!(question(&format!(r#"{{"target":"a.org","mode":"{name}"}}"#)).await.mode, mode);
    }
    for field in GroupField::ALL {
        let body = format!(r#"{{"target":"a.org","custom_mode":{{"field":"{}","value":1000}}}}"#, field.field().name());
        assert_eq!(question(&body).await.mode, Mode::Custom { field, value: 1000 });
    }
}

#[tokio::test]
async fn a_token_goes_on_where_the_answer_ended_and_is_null_at_its_end() {
    let (app, fake) = app_with(Access::Open, RequestLimits::default());
    let token = async |body: &str| {
        let answer = post(&app, body.to_owned()).await;
        assert_eq!(answer.codes(), (200, 20000, 20000), "{body}: {}", answer.hint());
        answer.json()["tasks"][0]["result"][0]["search_after_token"].clone()
    };
    assert!(token(r#"{"target":"small.org","limit":2}"#).await.is_null());
    let first = token(r#"{"target":"example.org","limit":2}"#).await;
    let body = format!(r#"{{"target":"example.org","limit":1,"tag":"t","offset":20000,"search_after_token":{first}}}"#);
    token(&body).await;
    let asked = fake.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.after.map(|position| position.rows_before), Some(2));
    for (target, reason) in [("example.com", "belongs to another question"), ("gone.org", "snapshot that is gone")] {
        let of_target =
            if target == "gone.org" { token(r#"{"target":"gone.org","limit":2}"#).await } else { first.clone() };
        let answer = post(&app, format!(r#"{{"target":"{target}","search_after_token":{of_target}}}"#)).await;
        assert_eq!(answer.codes(), (200, 20000, 40501));
        assert_eq!(answer.json()["tasks"][0]["status_message"], "Invalid Field: 'search_after_token'.");
        assert!(answer.hint().contains(reason), "{}", answer.hint());
    }
}

#[tokio::test]
async fn a_snapshot_is_named_by_number_or_time_and_told_in_a_header() {
    let as_of = async |value: &str| question(&format!(r#"{{"target":"a.org","as_of":{value}}}"#)).await.as_of;
    assert_eq!(as_of("3").await, Some(AsOf::Snapshot(SnapshotId(3))));
    assert_eq!(as_of("\"3\"").await, Some(AsOf::Snapshot(SnapshotId(3))));
    let end_of_day = Timestamp::parse_iso("2026-11-23T23:59:59Z").unwrap();
    assert_eq!(as_of("\"2026-11-23\"").await, Some(AsOf::Time(end_of_day)));
    assert_eq!(as_of("\"2026-11-23 23:59:59 +00:00\"").await, Some(AsOf::Time(end_of_day)));
    for (body, told) in [
        (r#"{"target":"example.org"}"#, Some("7")),
        (r#"{"target":"absent.org"}"#, Some("7")),
        (r#"{"target":"failed.org"}"#, None),
        (r#"{"target":"example.org","limit":0}"#, None),
    ] {
        let answer = post(&open_app(), body).await;
        assert_eq!(answer.headers.get("x-snapshot").map(|id| id.to_str().unwrap()), told, "{body}");
    }
    let answer = post(&open_app(), r#"{"target":"young.org","as_of":1}"#).await;
    assert_eq!((answer.codes(), answer.hint()), ((200, 20000, 40501), "as_of is before all"));
    assert_eq!(answer.json()["tasks"][0]["status_message"], "Invalid Field: 'as_of'.");
}

#[tokio::test]
async fn modes_are_repeated_as_they_were_posted() {
    let body = r#"{"target":"example.org","mode":"one_per_domain","custom_mode":{"value":5,"field":"domain"}}"#;
    let answer = post(&open_app(), body).await;
    assert!(
        answer.body.contains(r#""mode":"one_per_domain","custom_mode":{"value":5,"field":"domain"},"total_count""#)
    );
}

#[tokio::test]
async fn null_means_absent_for_every_field_even_an_unknown_one() {
    let body = r#"[{"target":"example.org","mode":null,"custom_mode":null,"filters":null,"order_by":null,"offset":null,"search_after_token":null,"limit":null,"backlinks_status_type":null,"include_subdomains":null,"include_indirect_links":null,"exclude_internal_backlinks":null,"rank_scale":null,"tag":null,"rows":null,"as_of":null,"backlinks_filters":null,"internal_list_limit":null,"whatever":null}]"#;
    assert_eq!(question(body).await, question(r#"{"target":"example.org"}"#).await);
    let answer = post(&open_app(), body).await.json();
    let data = answer["tasks"][0]["data"].to_string();
    assert_eq!(data, r#"{"api":"backlinks","function":"backlinks","target":"example.org"}"#);
    assert!(answer["tasks"][0]["result"][0]["mode"].is_null());
    assert_eq!(post(&open_app(), r#"{"target":null}"#).await.codes(), (200, 20000, 40501));
}

#[tokio::test]
async fn values_that_mean_nothing_are_accepted() {
    question(r#"{"target":"a.org","mode":"as_is","rank_scale":"one_thousand","rows":"per_page","filters":[],"order_by":[ ],"custom_mode":{},"search_after_token":""}"#).await;
    question(r#"{"target":"a.org","backlinks_filters":["dofollow","=",true],"internal_list_limit":10}"#).await;
    question(&format!(r#"{{"target":"a.org","tag":"{}"}}"#, "é".repeat(255))).await;
}

#[tokio::test]
async fn a_wrong_value_is_refused_by_the_name_of_its_field_and_the_reason_is_in_a_header() {
    let long_tag = format!("\"{}\"", "x".repeat(256));
    for (name, value, reason) in [
        ("target", "5", "must be a string"),
        ("target", "\"  \"", "is empty"),
        ("target", "\"\"", "is empty"),
        ("target", "\"example.nosuchtld\"", "top-level domain that does not exist"),
        ("target", "\"co.uk\"", "public suffix"),
        ("target", "\"example.org/path\"", "pages start with http"),
        ("target", "\"http://\"", "not a valid http or https URL"),
        ("limit", "0", "must be an integer from 1 to 1000"),
        ("limit", "1001", "must be an integer from 1 to 1000"),
        ("limit", "-1", "must be an integer from 1 to 1000"),
        ("limit", "1.5", "must be an integer from 1 to 1000"),
        ("limit", "\"10\"", "must be an integer from 1 to 1000"),
        ("limit", "99999999999999999999", "must be an integer from 1 to 1000"),
        ("offset", "20001", "must be an integer from 0 to 20000"),
        ("offset", "[]", "must be an integer from 0 to 20000"),
        ("include_subdomains", "\"true\"", "must be true or false"),
        ("include_indirect_links", "1", "must be true or false"),
        ("exclude_internal_backlinks", "0", "must be true or false"),
        ("backlinks_status_type", "\"dead\"", "must be one of: live, lost, all"),
        ("backlinks_status_type", "true", "must be one of: live, lost, all"),
        ("mode", "\"per_domain\"", "must be one of: as_is, one_per_domain, one_per_anchor"),
        ("custom_mode", r#"{"field":"anchor"}"#, "needs both field and value"),
        ("custom_mode", r#"{"value":1}"#, "needs both field and value"),
        ("custom_mode", r#"{"field":"anchor","value":0}"#, "value from 1 to 1000"),
        ("custom_mode", r#"{"field":"anchor","value":1001}"#, "value from 1 to 1000"),
        ("custom_mode", r#"{"field":"anchor","value":1.5}"#, "value from 1 to 1000"),
        ("custom_mode", r#"{"field":"anchor","value":1,"more":1}"#, "must be {field, value}"),
        ("custom_mode", r#"{"field":"url_from","value":1}"#, "is none of: anchor, domain_from"),
        ("custom_mode", "[]", "must be {field, value}"),
        ("filters", r#"["dofollow","like",true]"#, "filters[1]: not an operator of `dofollow`"),
        ("filters", r#"[["rank",">",1],"or",["rnk",">",1]]"#, "filters[2][0]: not a field"),
        ("filters", "5", "filters: must be a list"),
        ("order_by", r#"["rank"]"#, "order_by[0]: must be"),
        ("order_by", r#"["rank,desc","attributes,asc"]"#, "order_by[1]: lists cannot be sorted by"),
        ("order_by", r#"["rank,desc","alt,asc","anchor,asc","url_to,asc"]"#, "order_by[3]: there may be at most 3"),
        ("order_by", "\"rank,desc\"", "must be a list of strings"),
        ("search_after_token", "\"x\"", "is not a token of this server"),
        ("search_after_token", "5", "must be a string"),
        ("rank_scale", "\"ten\"", "must be one of: one_thousand, one_hundred"),
        ("as_of", "\"yesterday\"", "must be a date such as"),
        ("as_of", "\"2026-11\"", "or the number of a snapshot"),
        ("as_of", "\"\"", "must be a date such as"),
        ("as_of", "1.5", "must be a date such as"),
        ("as_of", "-1", "must be a date such as"),
        ("as_of", "[1]", "must be a date such as"),
        ("as_of", "true", "must be a date such as"),
        ("as_of", "4294967296", "must be a date such as"),
        ("rows", "\"per_row\"", "must be one of: per_page, per_link"),
        ("tag", "[1]", "must be a string"),
        ("tag", &long_tag, "at most 255 characters"),
    ] {
        let target = if name == "target" { "" } else { r#""target":"example.org","# };
        let body = format!(r#"[{{{target}"{name}":{value}}}]"#);
        let answer = post(&open_app(), body.clone()).await;
        let json = answer.json();
        assert_eq!(answer.codes(), (200, 20000, 40501), "{body}");
        let task = &json["tasks"][0];
        assert_eq!(task["status_message"], format!("Invalid Field: '{name}'."));
        assert_eq!(answer.hint(), answer.hint().replace('\n', ""));
        assert!(answer.hint().starts_with(name) && answer.hint().contains(reason), "{body}: {}", answer.hint());
        assert_eq!((&json["tasks_error"], &task["time"], &task["cost"]), (&1.into(), &"0 sec.".into(), &0.into()));
        assert!(task["result"].is_null() && task["result_count"] == 0);
        assert!(task["data"].get(name).is_some(), "the value is echoed");
    }
}

#[tokio::test]
async fn ranks_are_integers_on_the_scale_asked_for() {
    for (scale, ranks) in [("one_thousand", [212, 305, 351]), ("one_hundred", [33, 46, 52])] {
        let answer = post(&open_app(), format!(r#"{{"target":"example.org","rank_scale":"{scale}"}}"#)).await.json();
        let items = &answer["tasks"][0]["result"][0]["items"];
        for (name, rank) in ["rank", "page_from_rank", "domain_from_rank"].into_iter().zip(ranks) {
            assert_eq!(items[0][name].to_string(), rank.to_string(), "{name}");
            assert_eq!(items[1][name].to_string(), "0");
        }
    }
}

#[test]
fn the_smaller_scale_turns_no_two_ranks_around() {
    let small: Vec<_> = (0..=RankScore::MAX).map(|rank| RankScore::new(rank).one_hundred()).collect();
    assert!(small.is_sorted());
}

#[tokio::test]
async fn a_task_without_a_target_is_refused() {
    for body in ["{}", "[{}]", r#"[{"limit":1}]"#] {
        let answer = post(&open_app(), body).await;
        assert_eq!(answer.codes(), (200, 20000, 40501));
        assert_eq!(answer.hint(), "target is required");
    }
}

#[tokio::test]
async fn unknown_fields_are_named_in_part() {
    let answer = post(&open_app(), r#"[{"target":"a.org","limits":1,"Target":2}]"#).await;
    assert_eq!(answer.codes(), (200, 20000, 40506));
    assert_eq!(answer.json()["tasks"][0]["status_message"], "Unknown Fields in POST Data: limits, Target");
    let many: Vec<_> = (0..50).map(|n| format!("\"{n}{}\":1", "x".repeat(500))).collect();
    let answer = post(&open_app(), format!("{{{}}}", many.join(","))).await;
    assert!(answer.json()["tasks"][0]["status_message"].as_str().unwrap().len() < 1000);
    let answer = post(&open_app(), r#"{"target":"a.org","api":"x","function":"y"}"#).await;
    assert_eq!(answer.codes().2, 40506);
    assert!(answer.body.contains(r#""data":{"api":"backlinks","function":"backlinks","target":"a.org"}"#));
}
