"""Sealed fields: nobody reads them without the key, nobody moves them, and without the key they are gone."""

import pytest

from iafa_api import clock
from iafa_api.errors import BrokenData, NotFound
from iafa_api.metadata.vault import Vault

PERSON = clock.new_id()


@pytest.fixture
def vault(tmp_path):
    vault = Vault(tmp_path)
    vault.create_person(PERSON)
    return vault


def test_a_sealed_text_opens_again_also_after_a_restart(vault, tmp_path):
    token = vault.seal(PERSON, "email", "ann@example.com")
    assert "ann" not in token
    assert vault.unseal("email", token) == "ann@example.com"
    assert Vault(tmp_path).unseal("email", token) == "ann@example.com"


def test_the_same_text_is_sealed_differently_each_time(vault):
    assert vault.seal(PERSON, "email", "x") != vault.seal(PERSON, "email", "x")


def test_without_the_key_the_text_is_gone_and_no_new_one_is_made_by_the_way(vault):
    token = vault.seal(PERSON, "email", "ann@example.com")
    for _ in range(2):
        vault.destroy_person(PERSON)
        assert vault.unseal("email", token) is None
        with pytest.raises(NotFound):
            vault.seal(PERSON, "email", "ann@example.com")


def test_a_token_in_another_place_does_not_open(vault):
    token = vault.seal(PERSON, "email", "ann@example.com")
    other = clock.new_id()
    vault.create_person(other)
    for field, moved in (("full_name", token), ("email", token.replace(PERSON, other))):
        with pytest.raises(BrokenData):
            vault.unseal(field, moved)


def test_an_address_is_found_and_not_told(vault, tmp_path):
    index = vault.email_index("ann@example.com")
    assert index == Vault(tmp_path).email_index("ann@example.com")
    assert index != Vault(tmp_path / "other").email_index("ann@example.com")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "x", "A" * 36])
def test_keys_are_never_looked_for_outside_the_vault(vault, name):
    with pytest.raises(ValueError, match="is not an id"):
        vault.create_person(name)


def test_keys_are_readable_by_their_owner_only(vault, tmp_path):
    vault.seal(PERSON, "email", "x")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
