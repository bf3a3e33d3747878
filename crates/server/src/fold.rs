//! Paths as people write them: `//v3//x/` is `/v3/x`.

use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};

/// Folds runs of slashes into one and drops one at the end. What follows `?` stays.
pub(crate) fn fold_slashes<B>(mut request: Request<B>) -> Request<B> {
    if let Some(folded) = folded(request.uri()) {
        *request.uri_mut() = folded;
    }
    request
}

/// The folded form, or `None` if the path is in it already.
fn folded(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains("//") && (path == "/" || !path.ends_with('/')) {
        return None;
    }
    let mut folded = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        folded.push('/');
        folded.push_str(segment);
    }
    if folded.is_empty() {
        folded.push('/');
    }
    if let Some(query) = uri.query() {
        folded.push('?');
        folded.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(folded).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_folded_and_nothing_else() {
        for (given, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/v3/x", "/v3/x"),
            ("/v3/x/", "/v3/x"),
            ("///v3//x//", "/v3/x"),
            ("/v3//x?a=//b/", "/v3/x?a=//b/"),
            ("/v3/%2F/x/", "/v3/%2F/x"),
        ] {
            let request = Request::builder().uri(format!("http://host.example{given}")).body(()).unwrap();
            let uri = fold_slashes(request).uri().clone();
            assert_eq!(uri.path_and_query().unwrap().as_str(), expected, "{given}");
        }
    }
}
