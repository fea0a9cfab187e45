/* If-Match and If-None-Match, and what comes of them. */
#ifndef CONDITIONS_H
#define CONDITIONS_H

#include <stdbool.h>

#include "faults.h"
#include "object.h"
#include "text.h"

/* As the headers say it; a text that is not there is no condition. */
struct conditions {
    struct text if_match;
    struct text if_none_match;
};

#define NO_CONDITIONS ((struct conditions){NO_TEXT, NO_TEXT})

/* Whether a write may replace this object, which may be NULL. As AWS has it, a wish for a certain
   version of what is not there is answered by NoSuchKey. */
enum fault conditions_of_write(const struct conditions *conditions, const struct object *object);

/* Whether an object is to be sent. */
enum fault conditions_of_read(const struct conditions *conditions, const struct object *object);

#endif
