/* Moments in the two ways S3 writes them. A page of a listing has a thousand, so they are worked
   out here: the library's functions take a lock and ten times as long. */
#ifndef DATES_H
#define DATES_H

#include <stdint.h>

enum { HTTP_DATE_SIZE = 29, ISO_DATE_SIZE = 24 };

/* Milliseconds since 1970 as `Wed, 21 Oct 2015 07:28:00 GMT`, without a zero behind it. */
void write_http_date(int64_t moment, char date[HTTP_DATE_SIZE]);

/* The same as `2015-10-21T07:28:00.000Z`, without a zero behind it. */
void write_iso_date(int64_t moment, char date[ISO_DATE_SIZE]);

#endif
