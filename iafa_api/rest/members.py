"""/organization: its members, their roles, and invitations to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
from flask import current_app, request
from flask.views import MethodView
from flask_smorest.pagination import PaginationParameters

from iafa_api.domain.account import ROLES, Invitation, PersonalFields, User
from iafa_api.errors import NotAllowed
from iafa_api.metadata.catalog import Catalog, read_invitation, read_personal_fields, read_user
from iafa_api.metadata.history import HistoryEntry
from iafa_api.metadata.projections import Document
from iafa_api.rest.audit import (
    HistoryEntrySchema,
    PastSchema,
    PastVersionSchema,
    catalog_as_of,
    document_at,
    list_history,
)
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import caller, cause, newest_catalog, note_access, services, signed_in
from iafa_api.rest.idempotency import idempotent

blueprint = StrictBlueprint("organization", __name__, url_prefix="/organization", description="Members and roles")

# After the #: browsers send that part to no server, so the token stands in no log of requests and in no Referer.
INVITATION_PAGE = "/register#invitation="


class MemberSchema(StrictSchema):
    id = ma.fields.String(dump_only=True)
    email = ma.fields.String(dump_only=True, allow_none=True, metadata={"description": "null: the person was erased."})
    full_name = ma.fields.String(dump_only=True, allow_none=True)
    role = ma.fields.String(required=True, validate=ma.validate.OneOf(ROLES))
    is_active = ma.fields.Boolean(dump_only=True)
    status = ma.fields.String(dump_only=True, metadata={"enum": ["active", "removed", "erased"]})
    created_at = ma.fields.String(dump_only=True)
    updated_at = ma.fields.String(dump_only=True)


class InvitationSchema(StrictSchema):
    id = ma.fields.String(dump_only=True)
    email = ma.fields.String(required=True, metadata={"format": "email"})
    role = ma.fields.String(required=True, validate=ma.validate.OneOf(ROLES))
    invited_by = ma.fields.String(dump_only=True)
    expires_at = ma.fields.String(dump_only=True)
    created_at = ma.fields.String(dump_only=True)


class NewInvitationSchema(InvitationSchema):
    url = ma.fields.String(
        dump_only=True, allow_none=True, metadata={"description": "The link for the invited, told this once."}
    )


class MemberListSchema(PastSchema):
    with_former = ma.fields.Boolean(
        load_default=False, metadata={"description": "Also those who were removed or erased."}
    )


class RemovalSchema(StrictSchema):
    erase = ma.fields.Boolean(
        load_default=False, metadata={"description": "Make address and name unreadable for ever; for owners."}
    )


class TransferSchema(StrictSchema):
    user_id = ma.fields.String(required=True)


@blueprint.route("/members")
class Members(MethodView):
    """The members of the organisation."""

    @signed_in()
    @blueprint.arguments(MemberListSchema, location="query")
    @blueprint.response(200, MemberSchema(many=True))
    @blueprint.paginate()
    def get(self, query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[dict[str, Any]]:
        """List the members, oldest first, as they are or were. Who was erased since is erased at every moment."""
        note_access("personal_data_read", "the members")
        catalog = catalog_as_of(query)
        members = catalog.list_members(caller().organization_id, with_former=query["with_former"])
        pagination_parameters.item_count = len(members)
        shown = members[pagination_parameters.first_item : pagination_parameters.last_item + 1]
        return [_member(catalog, member) for member in shown]

    @signed_in("admin")
    @blueprint.arguments(InvitationSchema)
    @blueprint.response(201, NewInvitationSchema)
    @blueprint.alt_response(409, description="The address has an account already")
    @idempotent(lambda document: _invited_again(document))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Invite a member; the same as POST /organization/invitations. They are listed once they have registered."""
        return _invite(body)


@blueprint.route("/members/<user_id>")
class MemberById(MethodView):
    """One member."""

    @signed_in()
    @blueprint.arguments(PastVersionSchema, location="query")
    @blueprint.response(200, MemberSchema)
    def get(self, query: dict[str, Any], user_id: str) -> dict[str, Any]:
        """A member, of now or of before: the history names people by their ids."""
        stream = f"user-{user_id}"
        then = document_at(query, caller().organization_id, stream)
        catalog = catalog_as_of(query, stream=stream)
        member = catalog.get_member(caller().organization_id, user_id) if then is None else read_user(then)
        if user_id != caller().user.id:
            note_access("personal_data_read", f"the member {user_id}")
        if then is not None:
            return _shown(member, read_personal_fields(services().vault, then))
        return _member(catalog, member)

    @signed_in()
    @blueprint.arguments(MemberSchema)
    @blueprint.response(200, MemberSchema)
    @blueprint.alt_response(409, description="The last owner stays one")
    def patch(self, body: dict[str, Any], user_id: str) -> dict[str, Any]:
        """Give a member another role, as far as your own allows; yourself only one that may less."""
        with _refusals_noted():
            member = services().members.change_role(cause(), caller().user.id, user_id, body["role"])
        return _member(newest_catalog(), member)

    @signed_in()
    @blueprint.arguments(RemovalSchema, location="query")
    @blueprint.response(204)
    @blueprint.alt_response(409, description="The last owner stays")
    def delete(self, query: dict[str, Any], user_id: str) -> None:
        """Remove a member, or leave yourself. Sessions end at once, and the address can register again."""
        members = services().members
        with _refusals_noted():
            (members.erase if query["erase"] else members.remove)(cause(), caller().user.id, user_id)


@blueprint.route("/members/<user_id>/history", methods=["GET"])
@signed_in("admin")
@blueprint.response(200, HistoryEntrySchema(many=True))
@blueprint.paginate()
def get_member_history(pagination_parameters: PaginationParameters, user_id: str) -> list[HistoryEntry]:
    """What became of a member, newest first. Never a password hash; what was erased is shown as erased."""
    entries = list_history(f"user-{user_id}", pagination_parameters)
    note_access("personal_data_read", f"the history of the member {user_id}")
    return entries


@blueprint.route("/invitations")
class Invitations(MethodView):
    """Who may become a member."""

    @signed_in("admin")
    @blueprint.arguments(PastSchema, location="query")
    @blueprint.response(200, InvitationSchema(many=True))
    @blueprint.paginate()
    def get(self, query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[dict[str, Any]]:
        """List the invitations that are open, or were, oldest first."""
        note_access("personal_data_read", "the invitations")
        catalog = catalog_as_of(query)
        invitations = catalog.list_invitations(caller().organization_id)
        pagination_parameters.item_count = len(invitations)
        shown = invitations[pagination_parameters.first_item : pagination_parameters.last_item + 1]
        return [_invitation(catalog, invitation) for invitation in shown]

    @signed_in("admin")
    @blueprint.arguments(InvitationSchema)
    @blueprint.response(201, NewInvitationSchema)
    @blueprint.alt_response(409, description="The address has an account already")
    @idempotent(lambda document: _invited_again(document))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Invite an address. No letter is sent: `url` is the link to pass on. An older invitation to it ends."""
        return _invite(body)


@blueprint.route("/invitations/<invitation_id>")
class InvitationById(MethodView):
    """One invitation."""

    @signed_in("admin")
    @blueprint.response(204)
    def delete(self, invitation_id: str) -> None:
        """Take an invitation back; the link is worthless at once, the address is forgotten."""
        with _refusals_noted():
            services().invitations.revoke(cause(), caller().user.id, invitation_id)


@blueprint.route("/transfer-ownership", methods=["POST"])
@signed_in("owner")
@blueprint.arguments(TransferSchema)
@blueprint.response(200, MemberSchema)
def transfer_ownership(body: dict[str, Any]) -> dict[str, Any]:
    """Make a member an owner and yourself an admin, in one step; answers the new owner."""
    member = services().members.transfer_ownership(cause(), caller().user.id, body["user_id"])
    return _member(newest_catalog(), member)


def _invite(body: dict[str, Any]) -> dict[str, Any]:
    with _refusals_noted():
        invitation, token = services().invitations.create(
            cause(), caller().user.id, email=body["email"], role=body["role"]
        )
    base = (current_app.config["PUBLIC_URL"] or request.host_url).rstrip("/")
    return {**_invitation(newest_catalog(), invitation), "url": base + INVITATION_PAGE + token}


def _invited_again(document: Document) -> dict[str, Any]:
    email = services().vault.unseal("email", document["email"])
    return {**_shown_invitation(read_invitation(document), email), "url": None}


@contextlib.contextmanager
def _refusals_noted() -> Iterator[None]:
    """What one's role may do depends on the other's role here: only the command can tell."""
    try:
        yield
    except NotAllowed as refused:
        note_access("access_refused", f"{request.method} {request.path}: {refused.message}")
        raise


def _member(catalog: Catalog, member: User) -> dict[str, Any]:
    return _shown(member, catalog.get_personal_fields(services().vault, member.id))


def _shown(member: User, personal: PersonalFields) -> dict[str, Any]:
    return {
        "id": member.id,
        "email": personal.email,
        "full_name": personal.full_name,
        "role": member.role,
        "is_active": member.is_active,
        "status": member.status,
        "created_at": member.created_at,
        "updated_at": member.updated_at,
    }


def _invitation(catalog: Catalog, invitation: Invitation) -> dict[str, Any]:
    return _shown_invitation(invitation, catalog.get_invited_email(services().vault, invitation.id))


def _shown_invitation(invitation: Invitation, email: str | None) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "email": email,
        "role": invitation.role,
        "invited_by": invitation.invited_by,
        "expires_at": invitation.expires_at,
        "created_at": invitation.created_at,
    }
