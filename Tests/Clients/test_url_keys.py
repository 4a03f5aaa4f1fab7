"""Keys of signed addresses: made once, rotated by command, read by every instance (docs/adr/0014)."""

import time


def until(fact, what, seconds=40):
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_the_first_key_is_made_by_the_instances_themselves(stack):
    until(lambda: stack.sql("select count(*) from url_key where retired_at is null") != "0", "housekeeping made no key")
    assert stack.sql("select min(octet_length(sealed)) from url_key where retired_at is null") == "60", (
        "nonce, 32 bytes, tag"
    )


def test_rotation_by_command_adds_a_key_and_the_sweep_retires_the_one_before(stack):
    old = stack.sql("select max(id) from url_key")
    new = stack.millrace("admin", "url-key", "rotate").strip()
    assert int(new) > int(old or 0)
    assert stack.sql(f"select sealed is not null and retired_at is null from url_key where id = {new}") == "t"
    assert stack.sql("select count(*) from url_key where retired_at is null") >= "2", "the one before verifies on"
    # As if the last address of the old one were over.
    stack.sql(f"update url_key set created_at = created_at - interval '8 hours' where id = {new}")
    until(
        lambda: stack.sql("select string_agg(id::text, ' ') from url_key where retired_at is null") == new,
        "no sweep retired the key before",
    )
    assert stack.sql("select count(*) from url_key where retired_at is not null and sealed is not null") == "0"
