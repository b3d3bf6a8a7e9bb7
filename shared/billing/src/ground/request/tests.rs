use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn remembered(stage: Stage) -> Remembered {
    Remembered {
        version: 1,
        content: "c".to_owned(),
        attempt: "r-1".to_owned(),
        stage,
        expires_at: NOW.plus_seconds(ANSWER_SECONDS),
    }
}

fn working(until: Timestamp) -> Stage {
    Stage::Working(Working { until, ..Working::default() })
}

/// Goal: a key is first, at work, interrupted, answered, or used for something else.
#[test]
fn a_repeat_is_decided_by_what_is_remembered() {
    let answer = KeptAnswer { status: 200, content_type: "t".to_owned(), body: "b".to_owned() };
    let at_work = remembered(working(NOW.plus_seconds(1)));
    let interrupted = remembered(working(NOW));
    let answered = remembered(Stage::Answered(answer.clone()));
    let forgotten = Remembered { expires_at: NOW, ..answered.clone() };
    let goes_on = Repeat::GoesOn(Working { until: NOW, ..Working::default() });
    for (known, content, expected) in [
        (None, "c", Repeat::First),
        (Some(&forgotten), "c", Repeat::First),
        (Some(&forgotten), "other", Repeat::First),
        (Some(&at_work), "c", Repeat::InProgress),
        (Some(&at_work), "other", Repeat::OtherContent),
        (Some(&interrupted), "c", goes_on),
        (Some(&answered), "c", Repeat::Answered(answer)),
        (Some(&answered), "other", Repeat::OtherContent),
    ] {
        assert_eq!(repeat(known, content, NOW), expected, "{known:?} {content}");
    }
}

/// Goal: 2xx and 402 are kept; an error of ours leaves the request open; a refusal frees the key,
/// unless an interrupted attempt may have done something.
#[test]
fn an_answer_is_kept_left_open_or_forgotten() {
    let all = [Repetition::Found, Repetition::Once, Repetition::Leased];
    for repetition in all {
        for (status, goes_on, expected) in [
            (200, false, End::Kept),
            (204, true, End::Kept),
            (402, false, End::Kept),
            (404, false, End::Forgotten),
            (409, false, End::Forgotten),
            (429, false, End::Forgotten),
            (409, true, End::Open),
            (500, false, End::Open),
            (503, false, End::Open),
        ] {
            assert_eq!(repetition.end((status, 10), goes_on), expected, "{repetition:?} {status}");
        }
        assert_eq!(repetition.end((200, ANSWER_BYTES_MAX + 1), false), End::Open);
    }
    assert_eq!(Repetition::Counted.end((201, 10), false), End::Forgotten);
    assert_eq!(Repetition::Counted.end((402, 10), false), End::Forgotten);
    assert_eq!(Repetition::Unkept.end((201, 10), false), End::Forgotten);
}
