#include "conditions.h"

/* `*`, or one of several ETags, each with its quotes or without. */
static bool names(struct text list, const char *etag)
{
    struct text one;
    while (text_split(&list, ',', &one)) {
        one = text_trimmed(one);
        if (text_is(one, "*"))
            return true;
        if (text_begins(one, text_of("W/")))
            one = text_after(one, 2);
        if (one.size >= 2 && one.start[0] == '"' && one.start[one.size - 1] == '"')
            one = (struct text){one.start + 1, one.size - 2};
        if (text_is(one, etag))
            return true;
    }
    return false;
}

enum fault conditions_of_write(const struct conditions *conditions, const struct object *object)
{
    struct text wanted = conditions->if_match, unwanted = conditions->if_none_match;
    if (text_is_there(wanted)) {
        if (object == NULL)
            return text_is(text_trimmed(wanted), "*") ? PRECONDITION_FAILED : NO_SUCH_KEY;
        if (!names(wanted, object->portrait.etag))
            return PRECONDITION_FAILED;
    }
    if (text_is_there(unwanted) && object != NULL && names(unwanted, object->portrait.etag))
        return PRECONDITION_FAILED;
    return FINE;
}

enum fault conditions_of_read(const struct conditions *conditions, const struct object *object)
{
    const char *etag = object->portrait.etag;
    if (text_is_there(conditions->if_match) && !names(conditions->if_match, etag))
        return PRECONDITION_FAILED;
    if (text_is_there(conditions->if_none_match) && names(conditions->if_none_match, etag))
        return NOT_MODIFIED;
    return FINE;
}
