-- title: Requests by hour of the day (UTC)
SELECT extract(hour FROM time) AS hour_of_day, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors
FROM web
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY hour_of_day
