"""Why a picture is not taken, or not shown, with codes that clients may rely on."""

from __future__ import annotations


class PictureError(Exception):
    """A refusal; its text is safe to show to the person."""

    code = "refused"
    may_retry = False


class PicturesOff(PictureError):
    """The administrator has not turned pictures on."""

    code = "pictures_off"

    def __init__(self) -> None:
        super().__init__("pictures are not taken here")


class PictureNotFound(PictureError):
    """No such picture, one of somebody else, of another conversation, or used already: the same answer."""

    code = "picture_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such picture")


class NotAPicture(PictureError):
    """Neither PNG nor JPEG, WebP or GIF, whatever its name says, or one that cannot be read to its end."""

    code = "not_a_picture"

    def __init__(self) -> None:
        super().__init__("this is no PNG, JPEG, WebP or GIF picture, or it is damaged")


class PictureTooLarge(PictureError):
    """More bytes or more pixels than are taken."""

    code = "picture_too_large"


class QuotaSpent(PictureError):
    """The person has sent as much as one may in a day, or there is no room for anybody's pictures."""

    code = "picture_quota"


class PictureInfected(PictureError):
    """The scanner has found something in it."""

    code = "picture_infected"

    def __init__(self) -> None:
        super().__init__("the virus scanner has refused this file")


class PictureNotScanned(PictureError):
    """The scanner gave no verdict; unscanned is not kept."""

    code = "picture_not_scanned"
    may_retry = True

    def __init__(self) -> None:
        super().__init__("the picture could not be checked for viruses; send it again later")
