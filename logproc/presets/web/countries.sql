-- title: Countries
SELECT continent(client) AS continent, country(client) AS country, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 300
