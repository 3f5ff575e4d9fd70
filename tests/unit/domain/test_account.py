"""Who may manage whom: the whole table."""

import pytest

from iafa_api.domain.account import ROLES, may_manage, require_may_manage, require_not_upward
from iafa_api.errors import NotAllowed

MANAGES = {"owner": set(ROLES), "admin": {"analyst", "viewer"}, "analyst": set(), "viewer": set()}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("other", ROLES)
def test_owners_manage_all_admins_those_below_and_nobody_else_anybody(role, other):
    assert may_manage(role, other) == (other in MANAGES[role])
    if other not in MANAGES[role]:
        with pytest.raises(NotAllowed, match=other):
            require_may_manage(role, other)


@pytest.mark.parametrize("now", ROLES)
@pytest.mark.parametrize("new", ROLES)
def test_of_themselves_people_only_make_less(now, new):
    if ROLES.index(new) < ROLES.index(now):
        with pytest.raises(NotAllowed):
            require_not_upward(now, new)
    else:
        require_not_upward(now, new)
