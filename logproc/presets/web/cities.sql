-- title: Cities
SELECT country(client) AS country, city(client) AS city, count(*) AS requests, approx_count_distinct(client) AS visitors
FROM web
WHERE city(client) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
