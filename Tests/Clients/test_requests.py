"""What any request may bring, whatever its route."""
import pytest
from support import StackError, assert_connect_error, pb, rpc


def test_a_nul_in_a_message_is_the_callers_mistake(stack, project):
    message = pb.RegisterRequest(name="a\0b", token=project.registration_token(), version="1", labels=["x"])
    assert_connect_error(rpc(stack, "Register", message.to_binary()), 400, "invalid_argument")


def test_a_password_that_could_never_be_proven_is_refused(stack):
    with pytest.raises(StackError, match="8 to 1024 bytes"):
        stack.millrace("admin", "user", "create", "--name", "long", "--password", "x" * 1025)
