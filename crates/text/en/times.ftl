### Numbers, times and lengths of time.

# The sign between groups of three digits.
digit-separator = ,

## Times

# $zone (String) - the name of a time zone
times-in = Times are in { $zone }.
# $zone (String)
# $offset (String) - such as “UTC+1”
times-in-with-offset = Times are in { $zone } (now { $offset }).

# $day (String)
# $month (String) - its short name
# $year (String)
date-short = { $day } { $month } { $year }
# $weekday (String)
# $day (String)
# $month (String)
# $year (String)
date-long = { $weekday }, { $day } { $month } { $year }
# $day (String)
# $month (String) - its short name
# $year (String)
# $time (String)
date-and-time = { $day } { $month } { $year }, { $time }
# $day (String)
# $month (String)
# $year (String)
# $time (String)
# $offset (String) - such as “UTC+1”
date-exact = { $day } { $month } { $year }, { $time } { $offset }
# $date (String) - as date-long
# $time (String)
date-in-utc = { $date } at { $time } UTC
# $date (String) - as date-long
# $time (String)
# $zone (String) - the name of a time zone
date-in-zone = { $date } at { $time } ({ $zone })

## Lengths of time

just-now = just now
# $count (Number)
minutes-ago = { $count ->
    [one] { NUMBER($count) } minute ago
   *[other] { NUMBER($count) } minutes ago
}
# $count (Number)
hours-ago = { $count ->
    [one] { NUMBER($count) } hour ago
   *[other] { NUMBER($count) } hours ago
}
# $count (Number)
days-ago = { $count ->
    [one] { NUMBER($count) } day ago
   *[other] { NUMBER($count) } days ago
}
in-less-than-a-minute = in less than a minute
# $count (Number)
in-minutes = { $count ->
    [one] in { NUMBER($count) } minute
   *[other] in { NUMBER($count) } minutes
}
# $count (Number)
in-hours = { $count ->
    [one] in { NUMBER($count) } hour
   *[other] in { NUMBER($count) } hours
}
# $count (Number)
in-days = { $count ->
    [one] in { NUMBER($count) } day
   *[other] in { NUMBER($count) } days
}
# $count (Number)
days = { $count ->
    [one] { NUMBER($count) } day
   *[other] { NUMBER($count) } days
}

## Months and days

month-january = January
month-february = February
month-march = March
month-april = April
month-may = May
month-june = June
month-july = July
month-august = August
month-september = September
month-october = October
month-november = November
month-december = December
short-month-january = Jan
short-month-february = Feb
short-month-march = Mar
short-month-april = Apr
short-month-may = May
short-month-june = Jun
short-month-july = Jul
short-month-august = Aug
short-month-september = Sep
short-month-october = Oct
short-month-november = Nov
short-month-december = Dec
monday = Monday
tuesday = Tuesday
wednesday = Wednesday
thursday = Thursday
friday = Friday
saturday = Saturday
sunday = Sunday
