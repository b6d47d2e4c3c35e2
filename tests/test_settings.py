from pathlib import Path

import pytest

from sealtrack.errors import UsageError
from sealtrack.settings_file import load


def write(folder: Path, text: str) -> Path:
    path = folder / "sealtrack.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_topics_of_the_design() -> None:
    topics = load(environment={}).topics
    assert topics.positions == "seal.positions"
    assert topics.dead_letter == "seal.dead-letter"


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, '[kafka]\nbootstrap = "file:1"\ngroup = "file"\nclient_id = "file"\n')
    environment = {"SEALTRACK_KAFKA_BOOTSTRAP": "env:1", "SEALTRACK_KAFKA_GROUP": "env"}
    kafka = load(path, environment=environment, flags={("kafka", "bootstrap"): "flag:1"}).kafka
    assert (kafka.bootstrap, kafka.group, kafka.client_id) == ("flag:1", "env", "file")
    assert kafka.start_timeout_s == 300


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load(environment={}, flags={("kafka", "group"): None}).kafka.group == "sealtrack"


def test_environment_text_becomes_numbers_flags_and_paths() -> None:
    environment = {
        "SEALTRACK_SERVICE_POLL_RECORDS": "500",
        "SEALTRACK_KAFKA_CREATE_TOPICS": "false",
        "SEALTRACK_SERVICE_GEOFENCES": "a.geojson:b",
    }
    settings = load(environment=environment)
    assert settings.service.poll_records == 500
    assert settings.kafka.create_topics is False
    assert settings.service.geofences == (Path("a.geojson"), Path("b"))


def test_one_geofence_file_needs_no_list(tmp_path: Path) -> None:
    settings = load(write(tmp_path, '[service]\ngeofences = "roads.geojson"\n'), environment={})
    assert settings.service.geofences == (Path("roads.geojson"),)


SASL = {
    "SEALTRACK_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "SEALTRACK_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "SEALTRACK_KAFKA_SASL_USERNAME": "duty",
}


def test_a_secret_is_never_shown() -> None:
    settings = load(environment=SASL | {"SEALTRACK_KAFKA_SASL_PASSWORD": "opensesame"})
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.reveal() == "opensesame"
    assert "opensesame" not in f"{settings!r} {settings} {settings.kafka}"


def test_a_secret_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file\n")
    settings = load(environment=SASL | {"SEALTRACK_KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "secret")})
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.reveal() == "from file"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[kafka]\nbotstrap = 'x:1'\n", "[kafka] botstrap"),
        ("[brokers]\nbootstrap = 'x:1'\n", "'brokers'"),
        ("bootstrap = 'x:1'\n", "'bootstrap'"),
        ("[service]\npoll_records = 0\n", "[service] poll_records"),
        ("[service]\ncodec = 'xml'\n", "[service] codec"),
        ("[topics]\nalerts = 'no blanks'\n", "[topics] alerts"),
        ("[topics]\nalerts = [1]\n", "[topics] alerts"),
        ("[kafka]\nssl_cafile = 3\n", "[kafka] ssl_cafile"),
        ("[kafka]\nsasl_password_file = '/nowhere/at/all'\n", "[kafka] sasl_password_file"),
        ("[kafka]\nsecurity_protocol = 'SASL_SSL'\n", "kafka.sasl_mechanism"),
        ("[kafka]\nsasl_mechanism = 'PLAIN'\n", "kafka.security_protocol"),
        ("[kafka]\nsecurity_protocol = 'SASL_SSL'\nsasl_mechanism = 'PLAIN'\n", "sasl_username"),
        ("[kafka\n", "sealtrack.toml"),
        (f"a = {'[' * 5_000}", "cannot read the settings"),
        (f"a = {'9' * 5_000}", "cannot read the settings"),
        ('[kafka]\nsasl_password_file = "a\\u0000b"\n', "cannot read the secret"),
        ("[console]\ntimezone = 'Mars/Olympus'\n", "console.timezone = 'Mars/Olympus' is no time zone"),
        ("[console]\ntimezone = '../passwd'\n", "console.timezone"),
        ("[console]\ntimezone = ''\n", "console.timezone"),
        ("[topics]\nalerts = 'seal.positions'\n", "topics.alerts = 'seal.positions' is topics.positions, too"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UsageError) as refusal:
        load(write(tmp_path, text), environment={})
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_mark_that_editors_write_before_the_first_line_is_no_fault(tmp_path: Path) -> None:
    assert load(write(tmp_path, "\ufeff[kafka]\ngroup = 'g'\n"), environment={}).kafka.group == "g"


def test_a_wrong_secret_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        load(write(tmp_path, "[kafka]\nsasl_password = 987654\n"), environment={})
    assert "987654" not in str(refusal.value)


def test_a_misspelt_variable_is_refused_and_a_foreign_one_is_not() -> None:
    load(environment={"SEALTRACK_SHARED_DATA": "/elsewhere"})
    with pytest.raises(UsageError, match="SEALTRACK_KAFKA_GROOP"):
        load(environment={"SEALTRACK_KAFKA_GROOP": "x"})


def test_an_absent_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the settings"):
        load(tmp_path / "absent.toml", environment={})
