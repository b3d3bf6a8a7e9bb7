use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::*;
use crate::tests::stub_cloud;

/// The event that the stub was called with.
async fn event_of(request: Request<Bytes>) -> Value {
    let answer = stub_cloud().await.send(request).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    body["event"].clone()
}

#[tokio::test]
async fn a_request_becomes_an_event_of_payload_format_2() {
    let request = Request::get("/things/a%2Fb%20c?x=1&y=a%26b&x=2")
        .header("Host", "example.test")
        .header("User-Agent", "test/1")
        .header("X-Twice", "one")
        .header("x-twice", "two")
        .header("Cookie", "a=1; b=2")
        .body(Bytes::new())
        .unwrap();

    let mut event = event_of(request).await;

    let id = event["requestContext"]["requestId"].take();
    assert_eq!(id.as_str().map(str::len), Some(16));
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "GET /things/{id}",
            "rawPath": "/things/a%2Fb%20c",
            "rawQueryString": "x=1&y=a%26b&x=2",
            "cookies": ["a=1", "b=2"],
            "headers": { "host": "example.test", "user-agent": "test/1", "x-twice": "one,two" },
            "queryStringParameters": { "x": "1,2", "y": "a&b" },
            "pathParameters": { "id": "a/b c" },
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "example.test",
                "domainPrefix": "local",
                "http": {
                    "method": "GET",
                    "path": "/things/a%2Fb%20c",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "test/1",
                },
                "requestId": null,
                "routeKey": "GET /things/{id}",
                "stage": "$default",
                "time": "01/Nov/2026:12:00:00 +0000",
                "timeEpoch": 1_793_534_400_000_i64,
            },
            "isBase64Encoded": false,
        })
    );
    let text = event.to_string().replace("\"requestId\":null", "\"requestId\":\"r\"");
    let typed: aws_lambda_events::apigw::ApiGatewayV2httpRequest =
        serde_json::from_str(&text).unwrap();
    let request = runtime::Request::from(typed);
    assert_eq!(
        (request.route.as_str(), request.path["id"].as_str()),
        ("GET /things/{id}", "a/b c")
    );
}

#[tokio::test]
async fn bodies_that_are_not_text_come_in_base64() {
    let cases: [(Option<&str>, &[u8], bool, &str); 7] = [
        (Some("application/json; charset=utf-8"), b"[]", false, "[]"),
        (Some("text/plain"), b"[]", false, "[]"),
        (Some("application/xml"), b"[]", false, "[]"),
        (Some("application/octet-stream"), b"[]", true, "W10="),
        (Some("application/x-www-form-urlencoded"), b"[]", true, "W10="),
        (None, b"[]", true, "W10="),
        (Some("application/json"), &[0xff, 0xfe], true, "//4="),
    ];
    for (content_type, body, in_base64, text) in cases {
        let mut request = Request::post("/do").body(Bytes::copy_from_slice(body)).unwrap();
        if let Some(content_type) = content_type {
            let value = content_type.parse().unwrap();
            request.headers_mut().insert("content-type", value);
        }
        let found = Routes::new(vec![crate::template::Route {
            method: "POST".to_owned(),
            path: "/do".to_owned(),
            function: "Stub".to_owned(),
        }]);
        let found = found.find("POST", "/do").unwrap();
        let event = event::of(&request, &found, "id", billing::time::Timestamp(0));
        let event: Value = serde_json::from_str(&event).unwrap();
        assert_eq!(event["isBase64Encoded"], in_base64, "{content_type:?}");
        assert_eq!(event["body"], text, "{content_type:?}");
    }
}

#[tokio::test]
async fn unknown_routes_and_large_bodies_are_answered_as_by_api_gateway() {
    let cloud = stub_cloud().await;
    let post = |path: &str, bytes: usize| {
        let body = Bytes::from(vec![b'x'; bytes]);
        Request::post(path).header("content-type", "text/plain").body(body).unwrap()
    };
    for (path, bytes, status, text) in [
        ("/nowhere", 0, 404, "Not Found"),
        ("/do/", 0, 404, "Not Found"),
        ("/things/1", 0, 404, "Not Found"),
        ("/do", BODY_BYTES_MAX + 1, 413, "Request Entity Too Large"),
        ("/do", EVENT_BYTES_MAX, 413, "Request Entity Too Large"),
    ] {
        let answer = cloud.send(post(path, bytes)).await;
        assert_eq!(answer.status(), status, "{path} {bytes}");
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body, json!({ "message": text }));
    }
}

#[tokio::test]
async fn a_fixed_segment_is_preferred_to_a_parameter() {
    let get = |path: &str| Request::get(path).body(Bytes::new()).unwrap();
    assert_eq!(event_of(get("/things/fixed")).await["routeKey"], "GET /things/fixed");
    assert_eq!(event_of(get("/things/other")).await["routeKey"], "GET /things/{id}");
    let empty = stub_cloud().await.send(get("/things/")).await;
    assert_eq!(empty.status(), 404);
}

#[test]
fn answers_that_api_gateway_would_not_understand_are_its_500() {
    for (answer, status, body) in [
        (r#"{"statusCode":201,"body":"x"}"#, 201, "x"),
        (r#"{"statusCode":200,"body":"eA==","isBase64Encoded":true}"#, 200, "x"),
        (r#"{"statusCode":200,"body":null,"headers":null}"#, 200, ""),
        ("null", 500, r#"{"message":"Internal Server Error"}"#),
        (
            r#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#,
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
        (r#"{"body":"x"}"#, 500, r#"{"message":"Internal Server Error"}"#),
    ] {
        let response = answer::response(answer, "id");
        assert_eq!(response.status(), status, "{answer}");
        assert_eq!(response.body(), body, "{answer}");
        assert_eq!(response.headers()["apigw-requestid"], "id");
    }
}

/// An API that names origins.
const WITH_CORS: &str = "
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: !Ref Origins
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization, if-match]
        ExposeHeaders: [etag]
        MaxAge: 600
";

fn names(response: &http::Response<Bytes>) -> Vec<(String, String)> {
    let named = response.headers().iter().filter(|(name, _)| name.as_str().starts_with("access-"));
    named.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

/// Goal: a page of an origin that the API names is told what it may do and may read answers; any
/// other page, and every request that no page makes, is told nothing.
#[tokio::test]
async fn pages_of_named_origins_may_call_the_api() {
    let origins = "Parameters:\n  Origins:\n    Default: https://app.example.com,https://b.example";
    let template = crate::tests::TEMPLATE.trim_end().replacen("Parameters:", origins, 1);
    let template = format!("{template}{WITH_CORS}");
    let cloud = crate::tests::stub_cloud_of(&template).await;
    let ask = |method: &str, origin: Option<&str>, asks: bool| {
        let mut request = Request::builder().method(method).uri("/things/1");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if asks {
            request = request.header("access-control-request-method", "GET");
        }
        cloud.send(request.body(Bytes::new()).unwrap())
    };

    for origin in ["https://app.example.com", "https://b.example"] {
        let told = ask("OPTIONS", Some(origin), true).await;
        assert_eq!((told.status().as_u16(), told.body().len()), (204, 0));
        let expected = [
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "GET,POST"),
            ("access-control-allow-headers", "authorization,if-match"),
            ("access-control-max-age", "600"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(names(&told), expected);

        let answer = ask("GET", Some(origin), false).await;
        let expected =
            [("access-control-allow-origin", origin), ("access-control-expose-headers", "etag")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!((answer.status().as_u16(), names(&answer).as_slice()), (200, &expected[..]));
    }

    let elsewhere = Some("https://app.example.com.evil.example");
    assert_eq!(names(&ask("OPTIONS", elsewhere, true).await), []);
    assert_eq!(names(&ask("GET", elsewhere, false).await), []);
    assert_eq!(names(&ask("GET", None, false).await), []);
    assert_eq!(ask("OPTIONS", elsewhere, false).await.status(), 404, "no question of a browser");
}

/// Goal: an API that names no origin leaves the question to its routes, and adds nothing.
#[tokio::test]
async fn without_origins_nothing_is_told() {
    let cloud = stub_cloud().await;
    let request = Request::options("/things/1")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "GET");
    let answer = cloud.send(request.body(Bytes::new()).unwrap()).await;
    assert_eq!((answer.status().as_u16(), names(&answer)), (404, Vec::new()));
}
