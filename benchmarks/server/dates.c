#include "dates.h"

#include <string.h>

struct moment {
    unsigned year, month, day;
    unsigned weekday;
    unsigned hour, minute, second, millisecond;
};

/* Years are counted from March here, so that the day of a leap year comes last. */
static struct moment taken_apart(int64_t milliseconds)
{
    uint64_t days = (uint64_t)milliseconds / 86400000, rest = (uint64_t)milliseconds % 86400000;
    /* Since the first of March of the year 0, in periods of 400 years, which are all alike. */
    uint64_t since = days + 719468, period = since / 146097;
    unsigned day_of_period = (unsigned)(since % 146097);
    unsigned year = (day_of_period - day_of_period / 1460 + day_of_period / 36524
                     - day_of_period / 146096) / 365;
    unsigned day_of_year = day_of_period - (365 * year + year / 4 - year / 100);
    /* From March on months have 31 and 30 days in turn, but for two: 153 days in each five. */
    unsigned month = (5 * day_of_year + 2) / 153;
    return (struct moment){
        .year = (unsigned)period * 400 + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
        /* The first day of 1970 was a Thursday. */
        .weekday = (unsigned)((days + 4) % 7),
        .hour = (unsigned)(rest / 3600000),
        .minute = (unsigned)(rest / 60000 % 60),
        .second = (unsigned)(rest / 1000 % 60),
        .millisecond = (unsigned)(rest % 1000),
    };
}

static void write_digits(char *to, unsigned number, int digits)
{
    for (int at = digits - 1; at >= 0; at--) {
        to[at] = (char)('0' + number % 10);
        number /= 10;
    }
}

static void write_time(char *to, const struct moment *moment)
{
    write_digits(to, moment->hour, 2);
    write_digits(to + 3, moment->minute, 2);
    write_digits(to + 6, moment->second, 2);
}

void write_http_date(int64_t milliseconds, char date[HTTP_DATE_SIZE])
{
    struct moment moment = taken_apart(milliseconds);
    memcpy(date, "ddd, 00 mmm 0000 00:00:00 GMT", HTTP_DATE_SIZE);
    memcpy(date, "SunMonTueWedThuFriSat" + 3 * moment.weekday, 3);
    write_digits(date + 5, moment.day, 2);
    memcpy(date + 8, "JanFebMarAprMayJunJulAugSepOctNovDec" + 3 * (moment.month - 1), 3);
    write_digits(date + 12, moment.year, 4);
    write_time(date + 17, &moment);
}

void write_iso_date(int64_t milliseconds, char date[ISO_DATE_SIZE])
{
    struct moment moment = taken_apart(milliseconds);
    memcpy(date, "0000-00-00T00:00:00.000Z", ISO_DATE_SIZE);
    write_digits(date, moment.year, 4);
    write_digits(date + 5, moment.month, 2);
    write_digits(date + 8, moment.day, 2);
    write_time(date + 11, &moment);
    write_digits(date + 20, moment.millisecond, 3);
}
